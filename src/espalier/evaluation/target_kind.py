"""What a target holds, as tasks and baselines see it."""

from typing import Literal, TypeAlias

TargetKind: TypeAlias = Literal["class", "number", "count", "labels", "box", "path", "anomaly"]
# path: V variables over H steps to come; anomaly: 1 for odd rows, 0 for normal ones, which alone are learnt from
