"""What a target holds, as tasks and baselines see it."""

from typing import Literal, TypeAlias

TargetKind: TypeAlias = Literal["class", "number", "count", "labels", "box", "path"]  # path: V variables over H steps to come
