"""The catalogue: lists a folder's files and asks each for one fixed name. Nothing registers itself."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import ModuleType
from typing import Any

from torch import nn

from espalier.core.errors import EspalierError, PlanError, unknown_name


@dataclass(frozen=True)
class Architecture:
    """One named architecture: a module class, its config class and a size.

    Args:
        module: built as `module(config)`.
        config: a frozen dataclass; its fields without defaults are given by the data and the task.
        reads: the data kind whose input groups `forward` takes: "table", "image", "series" or "fusion",
            which is a picture and what a table reads.
        sizes: config fields that differ from the defaults for this name.
        least_pixels: shorter side of the smallest picture that it takes; 1 for models that read no pictures.
        left_out: beginnings of keys that published weights of this name hold and the module does not need, such as heads
            that only served training.
        only: names of the tasks that it answers, such as "forecasting"; empty for every task on what it reads.
        is_centred: published weights of this name learnt from pictures from -1 to 1 (mean and deviation 0.5 in every channel)
            rather than with the mean and deviation of ImageNet.
    """

    module: type[nn.Module]
    config: type
    reads: str
    sizes: Mapping[str, Any] = field(default_factory=dict)
    least_pixels: int = 1
    left_out: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    is_centred: bool = False

    def build(self, given: Mapping[str, Any], options: Mapping[str, Any]) -> nn.Module:
        """Return a new module.

        Args:
            given: what the data and the task decide, for example num_numbers; extra names are left out.
            options: what the person chose; an unknown name is an error.

        Raises:
            UnknownNameError: an option that the config does not have.
            PlanError: an option's value that the config or the module refuses.
        """
        known = {one.name for one in fields(self.config)}
        for name in options:
            if name not in known:
                raise unknown_name("model option", name, known)
        chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
        try:
            return self.module(
                self.config(**{name: value for name, value in given.items() if name in known}, **{**self.sizes, **chosen})
            )
        except (TypeError, ValueError) as error:
            raise PlanError(f"model.options {dict(options)} cannot be built: {error}.") from error


def modules_of(package: str) -> list[ModuleType]:
    """Import and return every public module of a package, in the order of their names.

    Args:
        package: dotted name, for example "espalier.models". Names that begin with "_" are left out.
    """
    found = importlib.import_module(package)
    names = sorted(one.name for one in pkgutil.iter_modules(found.__path__) if not one.name.startswith("_"))
    return [importlib.import_module(f"{package}.{name}") for name in names]


def gather(package: str, constant: str) -> dict[str, Any]:
    """Return the entries of a constant mapping that files of a package declare, such as MODELS.

    Raises:
        EspalierError: two files declare one name; both are named.
    """
    entries: dict[str, Any] = {}
    owners: dict[str, str] = {}
    for module in modules_of(package):
        for name, entry in getattr(module, constant, {}).items():
            if name in entries:
                raise EspalierError(f"{constant} '{name}' is declared twice: {owners[name]} and {module.__name__}.")
            entries[name], owners[name] = entry, module.__name__
    return entries


@cache
def architectures() -> Mapping[str, Architecture]:
    """Return every architecture by name."""
    return gather("espalier.models", "MODELS")


@cache
def tasks() -> Mapping[str, Any]:
    """Return every task class by name."""
    return gather("espalier.tasks", "TASKS")
