"""Metrics of anomalies: are events found, how many alarms are false, and how early.

An event is a stretch of steps that are labelled anomalous; it is found when at least one of its steps is flagged, and a long
one counts once, not once a step. An alarm is a stretch of flagged steps. One that touches no event is a false alarm; and for
every length of a usual event (their median) that an alarm spans outside of events it counts as a false alarm once, so that
flagging everything does not pay.

Known flaws: to find an event late counts as much as early (the NAB score looks at that), and an event that is labelled too
widely is easily found. Point-wise scores stand beside: `precision`, `recall` and `f1` of `metrics.classes`, and `roc_auc`,
`pr_auc` of `metrics.ranking` for scores without a threshold.

Paper: Lavin & Ahmad 2015, Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark, arXiv 1510.03336.
"""

from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import IntArray
from espalier.evaluation.metrics.classes import class_sums
from espalier.evaluation.metrics.metric import Metric, divide, varied

WHY_NOT_POINT_ADJUSTED = (
    "Point-adjusted F1 counts every step of an event as found when one is, so that random scores reach a high value on long "
    "events (Kim et al. 2022, arXiv 2109.05257); events are counted once here."
)
FALSE_ALARM = 0.11  # weight of a false alarm in NAB's standard profile; a found or missed event weighs 1
PROBATION = 0.15  # share of a series that NAB does not score, because detectors are still learning, of 5,000 steps at most
PROBATION_STEPS = 5000
STEEPNESS = 5.0  # of the sigmoid over an event; section 3.1
FAR = 3.0  # lengths of an event behind its end, from where a false alarm costs in full


def stretches(steps: FloatArray) -> IntArray:
    """Return first step and end (exclusive) of each run of steps that are not 0: (T,) to (E, 2).

    Example:
        >>> stretches(np.array([0, 1, 1, 0, 1])).tolist()
        [[1, 3], [4, 5]]
    """
    edges = np.diff(np.concatenate([[0], np.asarray(steps) != 0, [0]]).astype(np.int64))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


@dataclass(frozen=True)
class EventScores:
    """How the events of a series were met.

    Args:
        found: (E,) whether each event was flagged somewhere.
        false_alarms: (A, 2) first step and end of each alarm that counts as false, once or more often.
        counts: (A,) how often.
        weights: of each event (E,) or (E, R).
        alarm_weights: of each false alarm (A,) or (A, R), `counts` included.
    """

    found: np.ndarray[tuple[int], np.dtype[np.bool_]]
    false_alarms: IntArray
    counts: IntArray
    weights: FloatArray
    alarm_weights: FloatArray

    @property
    def precision(self) -> FloatArray:
        """Return found events as a share of found events and false alarms; 0 when nothing was flagged."""
        hits = self._hits()
        return divide(hits, hits + self.alarm_weights.sum(axis=0), empty=0.0)

    @property
    def recall(self) -> FloatArray:
        """Return the share of the events that were found; NaN without events."""
        return divide(self._hits(), self.weights.sum(axis=0))

    @property
    def f1(self) -> FloatArray:
        """Return the harmonic mean of both; NaN without events and alarms."""
        hits = self._hits()
        return divide(2 * hits, hits + self.weights.sum(axis=0) + self.alarm_weights.sum(axis=0))

    def _hits(self) -> FloatArray:
        return np.asarray(self.weights[self.found].sum(axis=0))


def event_scores(target: FloatArray, flagged: FloatArray, weight: FloatArray | None = None) -> EventScores:
    """Return which events were found, and the false alarms.

    Args:
        target: (T,) 1 for steps of an event, 0 for normal ones, in the order of time.
        flagged: (T,) 1 for flagged steps, 0 for others.
        weight: (T,) or (T, R); an event or alarm counts as much as its steps do on average. None counts each once.

    Example:
        >>> scores = event_scores(np.array([0, 1, 1, 1, 0, 0, 1]), np.array([0, 0, 1, 0, 0, 1, 0]))
        >>> scores.found.tolist(), len(scores.false_alarms), float(scores.precision), float(scores.recall)
        ([True, False], 1, 0.5, 0.5)
    """
    weights = np.ones(len(target)) if weight is None else weight
    events, alarms = stretches(target), stretches(flagged)
    found = _num_set(events, flagged) > 0
    usual = int(np.median(events[:, 1] - events[:, 0])) if len(events) else 1
    inside = _num_set(alarms, target)
    counts = np.maximum((alarms[:, 1] - alarms[:, 0] - inside) // usual, inside == 0)
    false, counts = alarms[counts > 0], counts[counts > 0]
    alarm_weights = _mean_weights(false, weights) * counts.reshape(-1, *[1] * (weights.ndim - 1))
    return EventScores(found, false, counts, _mean_weights(events, weights), alarm_weights)


def _num_set(runs: IntArray, steps: FloatArray) -> IntArray:
    """Return how many steps of each run (E, 2) are not 0: (E,)."""
    total = np.concatenate([[0], np.cumsum(np.asarray(steps) != 0)])
    return np.asarray(total[runs[:, 1]] - total[runs[:, 0]])


def _mean_weights(runs: IntArray, weight: FloatArray) -> FloatArray:
    """Return the mean weight of each run's steps: (E, 2) and (T,) or (T, R) to (E,) or (E, R)."""
    if len(runs) == 0:
        return np.zeros((0, *weight.shape[1:]))
    lengths = runs[:, 1] - runs[:, 0]
    steps = np.arange(lengths.sum()) + np.repeat(runs[:, 0] - (np.cumsum(lengths) - lengths), lengths)
    sums = class_sums(np.repeat(np.arange(len(runs)), lengths), weight[steps], len(runs))
    return np.asarray(sums / lengths.reshape(-1, *[1] * (weight.ndim - 1)))


def _event_precision(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return event_scores(target, prediction.values, weight).precision


def _event_recall(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return event_scores(target, prediction.values, weight).recall


def _event_f1(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return event_scores(target, prediction.values, weight).f1


event_precision = Metric(
    "event_precision",
    _event_precision,
    True,
    "Found events as a share of found events and false alarms; a long false alarm counts as often as a usual event fits in.",
    varied,
)
event_recall = Metric(
    "event_recall", _event_recall, True, "Share of the events that were flagged at one of their steps at least.", varied
)
event_f1 = Metric(
    "event_f1",
    _event_f1,
    True,
    "Precision and recall of events in one number, their harmonic mean; a long event counts once.",
    varied,
)


@dataclass(frozen=True)
class NabPoints:
    """Points of the Numenta Anomaly Benchmark; those of several series are added.

    Args:
        points: 1 for each event found at once, less when later, -1 for each one missed, -0.11 at most for a false alarm.
        num_events: events that were scored.
    """

    points: float
    num_events: int

    def __add__(self, other: "NabPoints") -> "NabPoints":
        """Return the points on the series of both."""
        return NabPoints(self.points + other.points, self.num_events + other.num_events)

    @property
    def score(self) -> float:
        """Return 100 for a perfect detector, 0 for one that flags nothing, less for worse; NaN without events."""
        missed = -float(self.num_events)
        return 100 * (self.points - missed) / (2 * self.num_events) if self.num_events else float("nan")


def nab_points(target: FloatArray, flagged: FloatArray, probation: float = PROBATION) -> NabPoints:
    """Return the points of one series under the benchmark's standard profile.

    The first flagged step of an event earns the more the earlier it is; every flagged step outside costs, less shortly after
    an event. The first steps are not scored.

    Args:
        target: (T,) 1 for the steps of the benchmark's windows around anomalies, 0 for others.
        flagged: (T,) 1 for flagged steps.
        probation: share of the series that is not scored, 0 to 1.
    """
    start = int(probation * min(len(target), PROBATION_STEPS))
    flags = np.flatnonzero(np.asarray(flagged)[start:] != 0) + start
    events = stretches(target)
    scored = events[events[:, 1] > start]
    points = sum(_event_points(flags, int(first), int(end)) for first, end in scored)
    outside = flags[np.asarray(target)[flags] == 0]
    return NabPoints(points + FALSE_ALARM * float(_false_alarm_points(outside, events).sum()), len(scored))


def _event_points(flags: IntArray, first: int, end: int) -> float:
    """Return what an event earns: -1 when no step is flagged, else by the place of the first flag, 1 at its first step."""
    inside = flags[(flags >= first) & (flags < end)]
    if len(inside) == 0:
        return -1.0
    place = -(end - inside[0]) / (end - first)  # -1 at the first step
    return float(_sigmoid(place) / _sigmoid(-1.0))


def _false_alarm_points(flags: IntArray, events: IntArray) -> FloatArray:
    """Return what flagged steps outside all events cost, -1 to 0: little just after an event, all far from it."""
    before = np.searchsorted(events[:, 1], flags, side="right") - 1  # the event that ended last
    place = np.full(len(flags), FAR)
    after = before >= 0
    first, end = events[before[after]].T
    place[after] = (flags[after] - (end - 1)) / np.maximum(end - first - 1, 1)
    return np.where(place >= FAR, -1.0, _sigmoid(place))


def _sigmoid(place: float | FloatArray) -> FloatArray:
    """Return 2 / (1 + exp(5 place)) - 1: 0.99 at -1, 0 at 0, -0.99 at 1."""
    return np.asarray(2 / (1 + np.exp(STEEPNESS * np.asarray(place))) - 1)
