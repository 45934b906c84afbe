"""The top of the page: what was asked, the verdict in one sentence, and the numbers that carry it."""

import re

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.findings import WORDS, worst_first
from espalier.app.report.sections.scores import PARTS, score_in_words
from espalier.app.report.sections.section import Section
from espalier.core.finding import Severity
from espalier.evaluation.verdict import spoken


def build(facts: Facts) -> Section:
    """Return what stands above the first section."""
    card = facts.run.scorecard
    value, ends = score_in_words(card.network.scores.get(card.metric))
    found = worst_first(facts)
    rival = next((one for one in card.models[1:] if card.comparison is not None and one.name == card.comparison.rival), None)
    rival_value, rival_ends = score_in_words(rival.scores.get(card.metric) if rival else None)
    names = rf"\b({re.escape(card.metric)}|{re.escape(spoken(card.metric))})\b"  # cards hold the one or the other
    values = {
        "facts": facts,
        "verdict": re.sub(names, wording.metric_title(card.metric), card.verdict),
        "metric": wording.metric_title(card.metric),
        "direction": "higher is better" if card.higher_is_better else "lower is better",
        "value": value,
        "interval": ends,
        "rival": rival.name if rival else "",
        "is_chosen_on_validation": card.is_chosen_on_validation,
        "rival_value": rival_value,
        "rival_interval": rival_ends,
        "part": PARTS.get(card.part, card.part),
        "num_scored": card.num_rows,
        "num_rows": facts.run.profile.num_rows,
        "num_inputs": len(facts.run.schema.inputs()),
        "stops": [one for one in found if one.severity is Severity.STOP],
        "counts": [(WORDS[level].lower(), sum(one.severity is level for one in found)) for level in Severity],
    }
    return Section("top", f"{facts.target} in {facts.source}", values)
