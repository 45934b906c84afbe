"""Windows over a timeline: where they may end, and the windows themselves as views of one tensor.

An example is an origin: the position of the last known step. Its history is the `look_back` steps up to it, its future the
`horizon` steps behind it; both lie in one series. Nothing is copied and nothing is looped over before a batch is drawn.
"""

import numpy as np
import torch
from torch import Tensor

from espalier.core.errors import SplitError
from espalier.core.records import IntArray
from espalier.core.timeline import Timeline

SHOWN = 3


def origins(
    timeline: Timeline,
    look_back: int,
    horizon: int,
    *,
    least: int | None = None,
    targets_from: IntArray | None = None,
    targets_until: IntArray | None = None,
) -> IntArray:
    """Return (N,) the positions, in ascending order, at which a window may end.

    Args:
        timeline: of all series.
        look_back: steps of history, 1 or more.
        horizon: steps of future, 0 or more; all of them must lie in the series of the origin.
        least: steps of history that are enough, 1 to `look_back`; None for `look_back`. What is missing is NaN then.
        targets_from: (S,) for each series the first position that may be forecast; None for its start. The history may reach
            before it: what lies before a cut in time is known at the cut.
        targets_until: (S,) for each series the position behind the last one that may be forecast; None for its end.

    Example:
        >>> line = Timeline(np.zeros((9, 1), np.float32), ("x",), np.array([0, 5, 9]), ("a", "b"), None, np.arange(9))
        >>> origins(line, 3, 1).tolist(), origins(line, 3, 1, targets_from=np.array([4, 9])).tolist()
        ([2, 3, 7], [3])
    """
    lengths = timeline.lengths
    starts, ends = timeline.starts[:-1], timeline.starts[1:]
    first = starts if targets_from is None else np.maximum(targets_from, starts)
    last = ends if targets_until is None else np.minimum(targets_until, ends)
    positions = np.arange(len(timeline), dtype=np.int64)
    earliest = np.maximum(starts + (look_back if least is None else least) - 1, first - 1)
    return positions[(positions >= np.repeat(earliest, lengths)) & (positions < np.repeat(last - horizon, lengths))]


def check_room(timeline: Timeline, look_back: int, horizon: int) -> str | None:
    """Return in words which series are too short for one window, or None when all are long enough.

    Args:
        timeline: of all series.
        look_back: steps of history that a window needs.
        horizon: steps of future.

    Raises:
        SplitError: no series is long enough.
    """
    lengths = timeline.lengths
    need = look_back + horizon
    short = np.flatnonzero(lengths < need)
    if not len(short):
        return None
    longest = int(lengths.max(initial=0))
    if len(short) == len(lengths):
        subject = "The series has" if len(lengths) == 1 else f"The longest of {len(lengths):,} series has"
        fits = f"a horizon of {horizon:,} and" if horizon < longest else "a shorter horizon and"
        most = longest - horizon if horizon < longest else max(longest // 2, 1)
        raise SplitError(
            f"{subject} {longest:,} steps, and one window needs {need:,}: {look_back:,} looked back at and {horizon:,} ahead. "
            f"Use {fits} a look-back of at most {most:,}, or bring more steps."
        )
    named = ", ".join(f"'{timeline.ids[one]}' ({int(lengths[one]):,})" for one in short[:SHOWN])
    more = f" and {len(short) - SHOWN:,} more" if len(short) > SHOWN else ""
    verb = "is" if len(short) == 1 else "are"
    return (
        f"{len(short):,} of {len(lengths):,} series {verb} shorter than one window of {look_back:,} + {horizon:,} steps and "
        f"{'gives' if len(short) == 1 else 'give'} none: {named}{more}"
    )


def as_windows(steps: Tensor, length: int) -> Tensor:
    """Return every window of a length as one view: it shares the memory of the steps.

    Args:
        steps: (P, C).
        length: steps of a window, 1 to P.

    Shapes: (P - length + 1, C, length); window n begins at position n.
    """
    return steps.unfold(0, length, 1)


def histories(steps: Tensor, ends: Tensor, look_back: int, starts: Tensor | None = None) -> Tensor:
    """Return the steps up to some origins.

    Args:
        steps: (P, C) of all series.
        ends: (B,) int64, the origins.
        look_back: steps of a window.
        starts: (B,) int64, where the series of each origin begins; what lies before is NaN. None when every window is whole.

    Shapes: (B, C, look_back).
    """
    if starts is None:
        return as_windows(steps, look_back)[ends - look_back + 1]
    places = ends[:, None] + torch.arange(1 - look_back, 1, device=ends.device)  # (B, T)
    found = steps[places.clamp(min=0)]  # (B, T, C)
    return found.masked_fill((places < starts[:, None])[:, :, None], torch.nan).transpose(1, 2)


def futures(steps: Tensor, ends: Tensor, horizon: int) -> Tensor:
    """Return the steps behind some origins.

    Args:
        steps: (P, C) of all series.
        ends: (B,) int64, the origins.
        horizon: steps of a window; all of them lie in the series of the origin.

    Shapes: (B, C, horizon).
    """
    return as_windows(steps, horizon)[ends + 1]
