"""Heavy dropout: four fifths of the values or more are dropped.

Source of the threshold: Espalier's fault catalogue B14; the paper that brought dropout used 0.2 to 0.5 (Srivastava et al. 2014,
Journal of Machine Learning Research 15), and wrote them as the shares kept, 0.8 and 0.5: 0.8 is the usual share to keep.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import named

ID = "W19-heavy-dropout"
EXPLAINED_BY = ()
MIN_RATE = 0.8  # as far as it is told


def check(wiring: Wiring) -> Finding | None:
    """Fire when a dropout layer drops 80 % or more. Needs: dropout as a module."""
    heavy = {name: rate for name, rate in wiring.dropouts.items() if rate >= MIN_RATE}
    if not heavy:
        return None
    names = list(heavy)
    return Finding(
        id=ID,
        sentence=f"Dropout drops nearly everything: {named(names, [f'{rate:.0%}' for rate in heavy.values()])}.",
        severity=Severity.WARN,
        evidence={"rates": heavy},
        modules=tuple(names[:10]),
        advice="Use 0.1 to 0.5; p is the share that is dropped, not the share that is kept.",
    )
