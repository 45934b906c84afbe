"""Which part of the input one value of a feature map sees: its receptive field (Araujo, Norris, Sim 2019, Distill)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

POOLS = ("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d", "max_pool2d", "avg_pool1d")


@dataclass(frozen=True)
class Span:
    """What the first value along one axis sees of the input, and how far on the next value looks.

    Args:
        first: position in the input of the first value seen; below 0 in the padding.
        last: position of the last value seen.
        step: positions from the first value of one output to that of the next.
    """

    first: int
    last: int
    step: int

    def through(self, kernel_size: int, stride: int, padding: int, dilation: int = 1) -> "Span":
        """Return the span behind a window of values that slides over this axis.

        Args:
            kernel_size: values in the window.
            stride: values that the window moves on.
            padding: values put before the axis.
            dilation: values from one of the window to the next.
        """
        start = self.first - padding * self.step
        reach = dilation * (kernel_size - 1) * self.step
        return Span(start, self.last - padding * self.step + reach, self.step * stride)


Spans = Mapping[int, Span]  # by the number of the axis


class ReceptiveFields:
    """Follows the receptive field from the input through the operations of a model.

    It is exact through convolutions, pools and whatever works on each place by itself, and where such branches meet: it is
    then the least rectangle that holds what they see. Behind an operation that looks at all places at once, such as global
    pooling or attention, it is unknown. Gates made that way, one number for a channel as in squeeze-excitation, are left out.

    Args:
        inputs: what the model is called with; those with a batch, a channel and more axes are followed.
    """

    def __init__(self, inputs: Sequence[Tensor | None]) -> None:
        self._held: list[object] = []  # an id is its own only as long as its tensor lives
        self._spans: dict[int, Spans | None] = {}  # None: depends on the input in no way that is followed
        for one in inputs:
            if one is not None:
                followed = one.ndim > 2 and one.is_floating_point()
                self._keep(one, {axis: Span(0, 0, 1) for axis in range(2, one.ndim)} if followed else None)

    def sizes(self, output: object) -> tuple[int, ...] | None:
        """Return the size of the receptive field along each axis of a followed tensor, and None for any other."""
        spans = self._spans.get(id(output))
        return tuple(spans[axis].last - spans[axis].first + 1 for axis in sorted(spans)) if spans else None

    def follow(self, operation: str, arguments: Sequence[Any], output: object) -> None:
        """Take in one operation.

        Args:
            operation: its name in ATen.
            arguments: what it was called with.
            output: what it returned.
        """
        met = [one for one in _tensors(arguments) if id(one) in self._spans]
        if not met:
            return
        source = arguments[0]
        for one in _tensors([output]):
            spans = self._spans[id(source)] if isinstance(source, Tensor) and id(source) in self._spans else None
            moved = _moved(operation, arguments, spans) if spans else None
            self._keep(one, moved if moved is not None else self._met(met, one))

    def follow_linear(self, image: object, output: object) -> None:
        """Take in a linear layer on the last axis, which torch does on a matrix that has lost its places."""
        spans = self._spans.get(id(image))
        if spans and isinstance(image, Tensor) and image.ndim - 1 not in spans:
            self._keep(output, spans)

    def _keep(self, tensor: object, spans: Spans | None) -> None:
        self._held.append(tensor)
        self._spans[id(tensor)] = spans

    def _met(self, met: Sequence[Tensor], output: Tensor) -> Spans | None:
        """Return what all of these see, where the operation works on each place by itself."""
        known = [(one, spans) for one in met if (spans := self._spans[id(one)])]
        unknown = [one for one in met if not self._spans[id(one)]]
        if not known or any(not _is_gate(one, known[0][1]) for one in unknown):
            return None
        axes = known[0][1].keys()
        if any(spans.keys() != axes or not _same_places(one, output, spans) for one, spans in known):
            return None
        return {axis: joined for axis in axes if (joined := _joined([spans[axis] for _, spans in known]))} or None


def _tensors(values: Sequence[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        found += [value] if isinstance(value, Tensor) else _tensors(value) if isinstance(value, tuple | list) else []
    return found


def _is_gate(tensor: Tensor, spans: Spans) -> bool:
    """Say whether a tensor holds one number for all places."""
    return all(axis < tensor.ndim and tensor.shape[axis] == 1 for axis in spans)


def _same_places(tensor: Tensor, output: Tensor, spans: Spans) -> bool:
    return tensor.ndim == output.ndim and all(tensor.shape[axis] == output.shape[axis] for axis in spans)


def _joined(spans: Sequence[Span]) -> Span | None:
    if len({one.step for one in spans}) > 1:
        return None
    return Span(min(one.first for one in spans), max(one.last for one in spans), spans[0].step)


def _moved(operation: str, arguments: Sequence[Any], spans: Spans) -> Spans | None:
    """Return the spans behind an operation that slides windows, cuts or turns axes; None for any other."""
    axes, rank = sorted(spans), arguments[0].ndim
    if operation == "convolution":
        _, weight, _, stride, padding, dilation, transposed = arguments[:7]
        windows = (list(weight.shape[2:]), stride, padding, dilation)
        return None if transposed else _slid(spans, [_each(one, len(axes)) for one in windows])
    if operation in POOLS:
        kernel_size, stride, padding, dilation = (
            (*arguments[1:4], None, None, None)[:4] if len(arguments) < 5 else arguments[1:5]
        )
        windows = (kernel_size, stride or kernel_size, padding or 0, dilation if "max" in operation and dilation else 1)
        return _slid(spans, [_each(one, len(axes)) for one in windows])
    if operation == "slice" and arguments[1] % rank in spans:
        axis, start, step = arguments[1] % rank, arguments[2] or 0, arguments[4] if len(arguments) > 4 else 1
        return {**spans, axis: spans[axis].through(1, step, -(start % arguments[0].shape[axis]))}
    if operation == "constant_pad_nd":
        before = {rank - 1 - number: size for number, size in enumerate(arguments[1][::2])}
        return {axis: spans[axis].through(1, 1, before.get(axis, 0)) for axis in axes}
    if operation == "permute":
        return {place: spans[axis % rank] for place, axis in enumerate(arguments[1]) if axis % rank in spans}
    if operation == "transpose":
        one, other = arguments[1] % rank, arguments[2] % rank
        return {{one: other, other: one}.get(axis, axis): spans[axis] for axis in axes}
    return None


def _slid(spans: Spans, windows: Sequence[Sequence[int]]) -> Spans:
    return {axis: spans[axis].through(*window) for axis, window in zip(sorted(spans), zip(*windows, strict=True), strict=True)}


def _each(value: int | Sequence[int], num_axes: int) -> list[int]:
    """Return one value for each axis; torch takes one number for all of them."""
    values = [value] if isinstance(value, int) else list(value)
    return values * num_axes if len(values) == 1 else values
