"""The words: what each term on the page means, for a reader who meets it for the first time."""

from collections.abc import Mapping

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section

TERMS: Mapping[str, str] = {
    "baseline": "A simple, well-known model that learns from the same training part and is tested on the same rows. "
    "The network is compared with the one that is best on the validation part. "
    "A network that does not beat its baselines is not worth its cost.",
    "interval": "The range in which a number would probably lie if it were measured on other rows of the same kind. "
    f"Found by drawing the tested rows again and again, with repeats (the bootstrap): 95{wording.PERCENT} of draws lie in it.",
    "calibration": f"Whether stated probabilities come true: of all rows given 70{wording.PERCENT}, "
    "seven in ten should be what was said.",
    "confusion matrix": "A table that counts, for each actual class, which classes were answered.",
    "epoch": "One pass of learning through all training rows.",
    "finding": "Something that is wrong with the data, the split or the learning, or worth knowing, with its evidence.",
    "loss": "The number that learning makes smaller: how far the answers are from the truth, as the network is taught.",
    "metric": "A number that says how good answers are. One of them, the main metric, ranks the models.",
    "network": "A neural network: layers of adjustable weights that turn a row’s values into an answer.",
    "permutation importance": "How much worse the main metric gets when one column’s values are shuffled among the rows. "
    "A column whose shuffling changes nothing is not used, or others say the same.",
    "plan": "The file plan.yaml in the run folder: every setting of the run with its reason. Training it repeats the run.",
    "residual": "The predicted minus the actual value: how far an answer is off, and on which side.",
    "run folder": "The folder that holds all of a run: plan, split, weights, predictions, scores, findings and this page.",
    "seed": "The number that all random choices follow from. The same seed gives the same run.",
    "test part": "Rows that are kept aside and looked at once, at the end, to say how good the result is.",
    "threshold": "The probability from which the positive class is answered, or the score above which there is an alarm.",
    "training part": "The rows that are learnt from.",
    "validation part": "Rows that are not learnt from but looked at during learning, to stop in time and to choose.",
}


def build(facts: Facts) -> Section:
    """Return the section: general words and the metrics of this run."""
    scored = {name for model in facts.run.scorecard.models for name in model.scores}
    metrics = {wording.metric_title(name): one.sentence for name, one in facts.metrics.items() if name in scored}
    return Section("glossary", "Words", {"words": sorted({**TERMS, **metrics}.items(), key=lambda item: item[0].lower())})
