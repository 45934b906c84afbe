"""What a run tells while it goes on. Stages yield these values; whoever drives the run shows them, or does not."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class StageDone:
    """A stage of the way is behind us.

    Args:
        stage: "read", "describe", "plan", "split", "prepare", "baselines", "learn", "score", "report" ...
        sentence: what came out of it.
        seconds: time it took.
    """

    stage: str
    sentence: str
    seconds: float


@dataclass(frozen=True)
class BaselineDone:
    """A baseline is trained and scored on the validation part.

    Args:
        name: of the baseline.
        metric: name of the main metric.
        score: on the validation part.
        seconds: time to train and score it.
    """

    name: str
    metric: str
    score: float
    seconds: float


@dataclass(frozen=True)
class EpochDone:
    """An epoch of the network is over.

    Args:
        member: which of several members, from 0.
        epoch: from 1.
        epochs: how many there will be at most.
        train_loss, valid_loss: mean losses of the epoch and of the validation part.
        metric: name of the main metric.
        score: the main metric on the validation part.
        best: the score of the epoch with the lowest validation loss so far, whose weights are kept.
        learning_rate: at the end of the epoch.
        seconds: time since learning began, sessions before a resume included.
        remaining_seconds: expected time until the last epoch; early stopping may come before.
    """

    member: int
    epoch: int
    epochs: int
    train_loss: float
    valid_loss: float
    metric: str
    score: float
    best: float
    learning_rate: float
    seconds: float
    remaining_seconds: float


Progress: TypeAlias = StageDone | BaselineDone | EpochDone
