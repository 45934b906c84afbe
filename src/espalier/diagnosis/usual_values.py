"""Usual values: in which range recipes use the options of a plan, and which values of a plan lie far outside of it.

Source: Google's Deep Learning Tuning Playbook (2023), part on choosing the first configuration; Gorishniy et al. 2021, arXiv
2106.11959, appendix (searches over 11 tables). Their ranges are widened about tenfold: what lies outside is no matter of taste.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.core.plan import LearningPlan, Plan, PreparePlan, flatten, to_mapping
from espalier.diagnosis.model_options import DROPOUTS, option_of, own_option_of

OPTIONS = "model.options."


@dataclass(frozen=True)
class Usual:
    """In which range an option is used.

    Args:
        low, high: ends of the range, both within it.
        own: what a plan does by itself; None for an option of a model, whose size says it.
    """

    low: float
    high: float
    own: Any = None


@dataclass(frozen=True)
class Odd:
    """A value outside of its range.

    Args:
        value: in the plan.
        usual: its range, and what a plan does by itself.
    """

    value: float
    usual: Usual


RANGES: Mapping[str, Usual] = {
    "learning.batch_size": Usual(1, 1024, LearningPlan().batch_size),
    "learning.weight_decay": Usual(0, 1, LearningPlan().weight_decay),
    "learning.clip_norm": Usual(0.01, 1e9, LearningPlan().clip_norm),
    "learning.l1": Usual(0, 1e-3, LearningPlan().l1),
    "learning.momentum": Usual(0, 0.99, LearningPlan().momentum),
    "learning.accumulate": Usual(1, 16, LearningPlan().accumulate),
    "learning.patience": Usual(3, 1e9, LearningPlan().patience),
    "learning.average": Usual(0, 0.999, LearningPlan().average),
    "prepare.components": Usual(3, 1e9, PreparePlan().components),
    "prepare.select": Usual(3, 1e9, PreparePlan().select),
    "task.options.label_smoothing": Usual(0, 0.3, 0.0),
    OPTIONS + "width": Usual(8, 1e9),
    **{OPTIONS + name: Usual(0, 0.75) for name in DROPOUTS},
}


def odd_values(plan: Plan) -> dict[str, Odd]:
    """Return the values of a plan that lie outside of their range, by dotted path."""
    known = flatten(to_mapping(plan))
    found = {}
    for path, usual in RANGES.items():
        is_option = path.startswith(OPTIONS)
        value = option_of(plan, path.removeprefix(OPTIONS)) if is_option else known.get(path)
        if isinstance(value, int | float) and not usual.low <= value <= usual.high:
            own = own_option_of(plan, path.removeprefix(OPTIONS)) if is_option else usual.own
            found[path] = Odd(float(value), Usual(usual.low, usual.high, own))
    return found
