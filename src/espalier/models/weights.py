"""Weights from a file into a model; only numbers are read, never code."""

import importlib
import pickle
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from espalier.core.catalogue import Architecture, architectures
from espalier.core.errors import FormatError, MissingExtraError, MissingSourceError, missing_extra

HUB = "hub:"
HUB_FILE = "model.safetensors"
NESTED_UNDER = ("state_dict", "model")  # where training scripts put the weights beside other things
PARALLEL = "module."  # what a model trained on several devices at once puts before each key
OLD_DENSE_LAYER = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")  # files of torchvision: norm.1 for norm1
COUNTER = "num_batches_tracked"  # of batch norm; files of before 2018 lack it, and nothing is answered with it
NUM_SHOWN = 3
USUAL = {"in_channels": 3, "num_outputs": 1000, "image_size": (224, 224)}  # of published weights
LEAST_SIMILARITY = 0.5  # from here on another model is worth naming: half of the weights of both


@dataclass(frozen=True)
class LoadedWeights:
    """What a file gave to a model.

    Args:
        loaded: keys whose values now are those of the file.
        fresh: keys that kept their first weights: a last layer for another number of outputs.
    """

    loaded: tuple[str, ...]
    fresh: tuple[str, ...]


def load_weights(model: nn.Module, source: Path | str, left_out: Sequence[str] = ()) -> LoadedWeights:
    """Put weights from a file into a model.

    They must be those of the same architecture. Only the last layer may have another number of outputs; it keeps its first
    weights then.

    Args:
        model: changed in place, unless an error is raised.
        source: a file that ends in .safetensors, .pth or .pt, or "hub:OWNER/NAME".
        left_out: beginnings of keys that are not wanted; see `Architecture.left_out`.

    Raises:
        MissingSourceError: there is no such file, or the hub cannot be reached.
        FormatError: the file holds no weights, or those of another architecture.
        MissingExtraError: a name on the hub, and no package to reach it.
    """
    return put_weights(model, read_weights(source), str(source), left_out)


def put_weights(
    model: nn.Module, weights: Mapping[str, Tensor], source: str, left_out: Sequence[str] = (), fresh: Collection[str] = ()
) -> LoadedWeights:
    """Put weights into a model.

    Args:
        model: changed in place, unless an error is raised.
        weights: by their keys.
        source: what to call them in a message.
        left_out: as for `load_weights`.
        fresh: keys of the model that keep their first weights whatever is given.

    Raises:
        FormatError: they are of another architecture.
    """
    report = match_weights(model, weights, source, left_out, fresh)
    model.load_state_dict({key: weights[key] for key in report.loaded}, strict=False)
    return report


def match_weights(
    model: nn.Module, weights: Mapping[str, Tensor], source: str, left_out: Sequence[str] = (), fresh: Collection[str] = ()
) -> LoadedWeights:
    """Say what `put_weights` would load; the model, which may have no values at all, stays as it is.

    Args:
        model: for its keys and shapes.
        weights: by their keys.
        source: what to call them in a message.
        left_out: as for `load_weights`.
        fresh: as for `put_weights`.

    Raises:
        FormatError: they are of another architecture.
    """
    given = {key: value for key, value in weights.items() if key not in fresh and not key.startswith(tuple(left_out))}
    own = {key: value for key, value in model.state_dict().items() if key not in fresh}
    missing = [key for key in own if key not in given and not key.endswith(COUNTER)]
    unknown = [key for key in given if key not in own]
    other = [key for key in own if key in given and own[key].shape != given[key].shape]
    heads = other if _are_a_head(other, own, given) else []
    if missing or unknown or (other and not heads):
        shapes = [f"{key}: {_by(given[key])} in the file, {_by(own[key])} in the model" for key in other]
        told = (_told("missing", missing), _told("unknown to the model", unknown), _told("of another shape", shapes))
        raise FormatError(
            f"{source} holds weights of another model than {type(model).__name__} as it is built here: "
            f"{', '.join(one for one in told if one)}. {_advice(given)}"
        )
    return LoadedWeights(tuple(key for key in given if key not in heads), (*heads, *fresh))


def read_weights(source: Path | str) -> dict[str, Tensor]:
    """Return the weights of a file by their keys.

    Args:
        source: as for `load_weights`.

    Raises:
        MissingSourceError, FormatError, MissingExtraError: as for `load_weights`.
    """
    path = weights_file(source)
    if not path.is_file():
        raise MissingSourceError(f"There is no file {path}. Expected weights that end in .safetensors, .pth or .pt.")
    if path.suffix not in (".safetensors", ".pth", ".pt"):
        raise FormatError(f"{path} ends in {path.suffix!r}. Expected weights that end in .safetensors, .pth or .pt.")
    held = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    for name in NESTED_UNDER:
        if isinstance(held, Mapping) and isinstance(held.get(name), Mapping):
            held = held[name]
            break
    if not isinstance(held, Mapping) or not held or not all(isinstance(value, Tensor) for value in held.values()):
        raise FormatError(
            f"{path} holds no weights: expected a dictionary from names to tensors, as model.state_dict() gives, alone or "
            f"under {' or '.join(map(repr, NESTED_UNDER))}. Save it anew: torch.save(model.state_dict(), 'weights.pth')."
        )
    parallel = all(str(key).startswith(PARALLEL) for key in held)
    plain = {str(key).removeprefix(PARALLEL) if parallel else str(key): value for key, value in held.items()}
    return {OLD_DENSE_LAYER.sub(r"\1\2", key): value for key, value in plain.items()}


def with_grey_input(weights: Mapping[str, Tensor], first: str) -> dict[str, Tensor]:
    """Return weights for colour as weights for grey: the kernels of the first convolution are summed over the colours.

    A grey picture given as three equal colours gets the same answers, where all colours are normalised alike; timm does so too.

    Args:
        weights: by their keys.
        first: key of the first convolution's weights (D, 3, H, W).
    """
    return {key: value.sum(dim=1, keepdim=True) if key == first else value for key, value in weights.items()}


def weights_file(source: Path | str) -> Path:
    """Return the file of a source of weights, fetched before where it lies on the hub.

    Args:
        source: as for `load_weights`.

    Raises:
        MissingSourceError, MissingExtraError: as for `load_weights`.
    """
    return _download(str(source)) if str(source).startswith(HUB) else Path(source)


def nearest_architecture(weights: Mapping[str, Tensor], among: Mapping[str, Architecture] | None = None) -> str | None:
    """Return the name of the architecture for pictures whose weights are most like these, or None when none is.

    Args:
        weights: by their keys.
        among: architectures by name; None for the whole catalogue.
    """
    given = {(key, tuple(value.shape)) for key, value in weights.items()}
    likeness = {"": 0.0}
    for name, architecture in (architectures() if among is None else among).items():
        if architecture.reads == "image":
            with torch.device("meta"):
                state = architecture.build(USUAL, {}).state_dict()
            own = {(key, tuple(value.shape)) for key, value in state.items()}
            likeness[name] = len(own & given) / len(own | given)
    best = max(likeness, key=lambda name: likeness[name])
    return best if likeness[best] >= LEAST_SIMILARITY else None


def _are_a_head(keys: Sequence[str], own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> bool:
    """Say whether all of these belong to the last layer, and differ from the file in the number of outputs alone."""
    last = list(own)[-1].rpartition(".")[0] if own else ""
    return all(key.rpartition(".")[0] == last and own[key].shape[1:] == given[key].shape[1:] for key in keys)


def _advice(weights: Mapping[str, Tensor]) -> str:
    name = nearest_architecture(weights)
    return f"They are most like those of {name}: try --model {name}." if name else "No model of the catalogue has such weights."


def _told(what: str, found: Sequence[str]) -> str:
    if not found:
        return ""
    shown = "; ".join(found[:NUM_SHOWN]) + ("; ..." if len(found) > NUM_SHOWN else "")
    return f"{len(found)} {what} ({shown})"


def _by(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"


def _read_safetensors(path: Path) -> Mapping[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise FormatError(f"{path} is no whole safetensors file ({error}): it was cut off, or is of another kind.") from error


def _read_pickle(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise FormatError(
            f"{path} is no file of weights alone: it was cut off, is of another kind, or holds more than numbers, which could "
            "run code and is not read. Where you trust it, load it in Python and save only its weights: "
            "torch.save(model.state_dict(), 'weights.pth')."
        ) from error


def _download(source: str) -> Path:
    """Fetch weights from the hub of Hugging Face, or find them where an earlier download put them."""
    name = source.removeprefix(HUB)
    by_hand = f"or download {HUB_FILE} of {name} by hand and give that file"
    try:
        hub = importlib.import_module("huggingface_hub")
    except ImportError as error:
        message = missing_extra("huggingface_hub", "hub", f"Downloading {source}")
        raise MissingExtraError(f"{message}, {by_hand}.") from error
    try:
        return Path(hub.hf_hub_download(name, HUB_FILE))
    except (OSError, ValueError) as error:  # what the hub raises when it is offline, or has no such name
        raise MissingSourceError(
            f"{source} could not be downloaded ({error}). Try again on a machine with a network, {by_hand}."
        ) from error
