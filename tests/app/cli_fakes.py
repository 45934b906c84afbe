"""A score card, findings and progress to print, without any training."""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.progress import BaselineDone, EpochDone, StageDone
from espalier.core.scorecard import Comparison, ModelScores, Score, Scorecard

METRICS = (
    "roc_auc",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "pr_auc",
    "log_loss",
    "brier",
    "calibration_error",
)


def scores(level):
    return {name: Score(level, level - 0.0612, level + 0.0491) for name in METRICS}


def scorecard(part="test", openings=1):
    models = (
        ModelScores("network", scores(0.8712), 12.31, 712),
        ModelScores("random forest", scores(0.8833), 1.2, 712),
        ModelScores("logistic regression", scores(0.8511), 0.04, 712),
        ModelScores("majority", scores(0.5), 0.0, 712),
    )
    comparison = Comparison("random forest", -0.0121, -0.04, 0.016)
    verdict = "No difference to random forest that 90 rows could show: prefer the random forest, it is simpler."
    return Scorecard("binary", part, 90, "roc_auc", True, models, comparison, verdict, 0.41, openings)


FINDINGS = (
    Finding("D09-rare-class", "Class 'third' has 4 rows only.", Severity.NOTE, rows=tuple(range(2, 40))),
    Finding(
        "L01-target-in-feature",
        "The column boat alone predicts survived with ROC AUC 0.99: it may have been written down after the answer was known.",
        Severity.STOP,
        columns=("boat",),
        repairs=(Repair("ignore the column", {"schema.columns.boat.role": "ignored"}), Repair("x", {"split.column": "a b"})),
    ),
    Finding(
        "D04-missing",
        "[bold]cabin[/bold] is missing in 77 % of the rows.",
        Severity.WARN,
        advice="Ask where :smile: it comes from.",
    ),
)


def epoch(index, epochs=100, member=0):
    return EpochDone(member, index, epochs, 0.5 / index, 0.6 / index, "roc_auc", 0.8 + index / 1e3, 0.9, 2e-3, index / 3, 50.5)


def progress(epochs=3):
    yield StageDone("read", "891 rows and 12 columns from titanic.csv (delimiter ',').", 0.021)
    yield StageDone(
        "split", "712 rows train, 89 validation, 90 test, stratified by survived; no duplicate straddles two parts.", 0.002
    )
    yield BaselineDone("random forest", "roc_auc", 0.8833, 1.24)
    for index in range(1, epochs + 1):
        yield epoch(index, epochs)
    yield StageDone("learn", "Stopped after 3 epochs: the best score came in epoch 2.", 4.2)
