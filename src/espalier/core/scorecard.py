"""Scorecard: the model's scores beside its baselines', each with an interval, and what follows in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ROWS_DRAWN = "rows drawn with replacement"


@dataclass(frozen=True)
class Score:
    """One metric of one model.

    Args:
        value: the metric on the part that was scored.
        low, high: 95 % bootstrap interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ModelScores:
    """All metrics of one model.

    Args:
        name: "network", or the baseline's name.
        scores: by metric name.
        fit_seconds: time to train it.
        num_train_rows: rows it was trained on (fewer than the others' when it is too slow for all; then `note` says so).
        note: what a reader must know, or empty.
        valid_score: the main metric on the validation part; the baseline that the network is compared with is chosen by it.
            None where no validation part was at hand, and on cards written before it was kept.
        architecture: of a network, as the catalogue names it; else empty.
        cut_short_epochs: epochs of a network after which its learning was ended by a limit, not because nothing improved; 0
            otherwise.
    """

    name: str
    scores: Mapping[str, Score]
    fit_seconds: float
    num_train_rows: int
    note: str = ""
    valid_score: float | None = None
    architecture: str = ""
    cut_short_epochs: int = 0


@dataclass(frozen=True)
class Comparison:
    """The network against one rival on the same rows, in the main metric.

    Args:
        rival: the rival's name.
        difference: improvement by the network; above 0 the network is better, whatever the metric's direction. For people
            the plain difference is written instead, the first minus the second in the metric's own direction.
        low, high: 95 % paired bootstrap interval of the difference.
    """

    rival: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Scorecard:
    """What a run is worth.

    Args:
        task: name of the task.
        part: the part that was scored: "test", or "valid" while the test part is sealed, or "folds".
        num_rows: rows of that part.
        metric: the main metric, by which models are ranked.
        higher_is_better: direction of the main metric.
        models: the network first, then the baselines, the best on the validation part first; of cards without validation
            scores, the best on the scored part first.
        comparison: against the first of the baselines; None without baselines.
        verdict: the conclusion in words.
        threshold: probability from which the positive class is answered (binary), chosen on the validation part; else None.
        openings: how often the test part had been opened when this was written, this time included.
        resampling: what the intervals come from, in words that end a sentence; cards written before it was told drew rows.
        threshold_reason: why that threshold; empty when the plan named it.
        left_out: baselines that this table is too large for, each with the reason.
    """

    task: str
    part: str
    num_rows: int
    metric: str
    higher_is_better: bool
    models: tuple[ModelScores, ...]
    comparison: Comparison | None
    verdict: str
    threshold: float | None = None
    openings: int = 0
    resampling: str = ROWS_DRAWN
    threshold_reason: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def network(self) -> ModelScores:
        """Return the network's scores."""
        return self.models[0]

    @property
    def is_chosen_on_validation(self) -> bool:
        """Return whether the first baseline is the best one on the validation part, not on the part that is scored."""
        return len(self.models) > 1 and self.models[1].valid_score is not None

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


def from_mapping(value: Mapping[str, Any]) -> Scorecard:
    """Return the score card that plain values describe."""
    models = tuple(
        ModelScores(**{**one, "scores": {name: Score(**score) for name, score in one["scores"].items()}})
        for one in value["models"]
    )
    comparison = Comparison(**value["comparison"]) if value["comparison"] else None
    left_out = tuple(value.get("left_out", ()))
    return Scorecard(**{**value, "models": models, "comparison": comparison, "left_out": left_out})
