"""Unusual setting: the plan holds a value far outside of the range in which recipes use that option.

It is told before anything is trained, as a note: such a value may be meant. Where a network falls short it is the first thing
to doubt. The ranges (`diagnosis/usual_values.py`) are those of published searches over tables, widened about tenfold (Gorishniy
et al. 2021, arXiv 2106.11959, appendix; Google's Deep Learning Tuning Playbook, 2023).
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.usual_values import odd_values
from espalier.diagnosis.wording import joined

ID = "D22-unusual-setting"
EXPLAINED_BY = ()
READS_STEPS = True
SHOWN = 3  # settings told in the sentence


def check(evidence: Evidence) -> Finding | None:
    """Fire when an option of the plan lies outside of its usual range. Needs: a plan."""
    odd = {} if evidence.plan is None else odd_values(evidence.plan)
    if not odd:
        return None
    told = joined([f"{path} is {one.value:g}" for path, one in list(odd.items())[:SHOWN]])
    return Finding(
        id=ID,
        sentence=f"{told}: hardly any recipe goes so far.",
        severity=Severity.NOTE,
        evidence={"settings": {path: one.value for path, one in odd.items()}},
        repairs=(Repair("bring unusual values back to the usual ones", {path: one.usual.own for path, one in odd.items()}),),
    )
