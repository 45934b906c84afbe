"""The rules for going on from learnt weights: what learns, how fast, and how long the head alone."""

from espalier.core.plan import Plan
from espalier.stages.facts import Choice, Facts, Rule, num_train_rows

FEW = 2_000  # training rows up to which the body is let go block by block
HEAD_SHARE = 10  # the head learns alone in the first tenth of the epochs
GRADUAL_SHARE = 20  # one more block each twentieth of the epochs


def _start(facts: Facts, plan: Plan) -> list[Choice]:
    if facts.start is None:
        return []
    return [("adapt.fingerprint", facts.start.fingerprint, "of the weights when the plan was made")]


def _way(facts: Facts, plan: Plan) -> list[Choice]:
    if facts.start is None:
        return []
    rows = num_train_rows(facts, plan)
    seen = f"{rows:,} training rows"
    if rows <= FEW:
        return [("adapt.how", "gradual", f"{seen}: one more block at a time, so that none forgets what it knows")]
    return [("adapt.how", "full", f"{seen}: enough for all blocks to learn")]


def _pace(facts: Facts, plan: Plan) -> list[Choice]:
    if facts.start is None or plan.adapt.how == "frozen":
        return []
    epochs = plan.learning.epochs
    why = "so that a fresh head does not spoil what the blocks before it know (arXiv 2202.10054)"
    choices: list[Choice] = [
        ("adapt.warmup_epochs", max(epochs // HEAD_SHARE, 1), why),
        ("adapt.rate_decay", 2.6, "early blocks see what all pictures have, and change less (arXiv 1801.06146, section 3.2)"),
        ("adapt.l2_sp", 0.0, "no pull back: whether the old task is still known was not asked"),
    ]
    if plan.adapt.how == "gradual":
        choices.append(
            ("adapt.unfreeze_epochs", max(epochs // GRADUAL_SHARE, 1), f"all blocks learn in most of {epochs} epochs")
        )
    return choices


ADAPT_RULES: tuple[Rule, ...] = (_start, _way, _pace)
