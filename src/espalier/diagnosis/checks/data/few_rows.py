"""Few rows: so few that a model can fit chance, or that a test part says little.

Source of the thresholds: ten observations for each input is the usual rule for regressions (Peduzzi et al. 1996, Journal of
Clinical Epidemiology 49); with fewer rows than inputs a straight line fits anything. With 100 rows a test part of a tenth
has 10: an accuracy of .8 there has a 95 % interval of .49 to .94 (Wilson 1927).
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import SplitPlan
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted

ID = "D19-few-rows"
EXPLAINED_BY = ()
ROWS_OF_A_COLUMN = 10
MIN_ROWS = 100


def check(evidence: Evidence) -> Finding | None:
    """Fire when there are fewer than 100 rows, or fewer than ten for each input column."""
    rows, inputs = len(evidence.records), len(evidence.inputs())
    if rows >= MIN_ROWS and rows >= ROWS_OF_A_COLUMN * inputs:
        return None
    split = evidence.plan.split if evidence.plan is not None else SplitPlan()
    num_test = round(rows * split.test)
    what = "fewer rows than inputs" if rows < inputs else "few rows"
    folds = Repair("judge on five folds, so that every row is tested once", {"split.folds": 5})
    drawn = split.method in ("random", "stratified", "group") and split.folds is None
    return Finding(
        id=ID,
        sentence=f"There are {what}: {counted(rows, 'row')} for {counted(inputs, 'input column')}, of which about "
        f"{counted(num_test, 'row')} would be the test part; a score from so few is uncertain.",
        severity=Severity.WARN if rows < inputs else Severity.NOTE,
        evidence={"num_rows": rows, "num_inputs": inputs, "num_test_rows": num_test},
        repairs=(folds,) if drawn else (),
        advice="Prefer simple models (a line, a small forest), mind the intervals in the score card, and collect more rows.",
    )
