"""Espalier trains neural networks along the whole deep-learning process.

    import espalier
    run = espalier.train("houses.csv", target="price")
    run.scorecard.verdict
    run.predict("new_houses.csv")

The names below are loaded when they are first used, so that `espalier --help` answers without torch.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from espalier.comparison import compare
    from espalier.core.batch import Batch
    from espalier.core.errors import EspalierError
    from espalier.core.plan import Plan
    from espalier.core.plan_file import read_plan
    from espalier.data.batches import TensorBatches
    from espalier.diagnosis.watch import check, watch
    from espalier.face import evaluate, load, predict, resume, train
    from espalier.process import draft, inspect
    from espalier.run import Run
    from espalier.stages.forgetting import forgetting
    from espalier.training.loop import Way, learn

__all__ = [
    "Batch",
    "EspalierError",
    "Plan",
    "Run",
    "TensorBatches",
    "Way",
    "check",
    "compare",
    "draft",
    "evaluate",
    "forgetting",
    "inspect",
    "learn",
    "load",
    "predict",
    "read_plan",
    "resume",
    "train",
    "watch",
]

_HOMES = {
    "Batch": "core.batch",
    "EspalierError": "core.errors",
    "Plan": "core.plan",
    "Run": "run",
    "TensorBatches": "data.batches",
    "Way": "training.loop",
    "check": "diagnosis.watch",
    "compare": "comparison",
    "draft": "process",
    "evaluate": "face",
    "forgetting": "stages.forgetting",
    "inspect": "process",
    "learn": "training.loop",
    "load": "face",
    "predict": "face",
    "read_plan": "core.plan_file",
    "resume": "face",
    "train": "face",
    "watch": "diagnosis.watch",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module 'espalier' has no attribute '{name}'")
    return getattr(importlib.import_module(f"espalier.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
