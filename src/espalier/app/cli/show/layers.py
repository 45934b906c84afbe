"""How the layers of a model are shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from espalier.app.cli.show.console import human, plain_table

if TYPE_CHECKING:
    from espalier.models.summary import LayerSummary

NUMBERS = ("kernel", "stride", "padding", "sees", "output", "parameters", "FLOPs")
EXPLAINED = (
    "sees: the receptive field, values of the input that one value of the output depends on; - where a layer looks at all of "
    "it or does not slide. FLOPs for one row: 2 for each multiply-add of a convolution, a linear layer or attention, 1 for "
    "each value of a norm or an activation; the rest is not counted."
)


def print_layers(name: str, size: Sequence[int], layers: "Sequence[LayerSummary]") -> None:
    """Print a table of layers with their totals.

    Args:
        name: of the model.
        size: of one row of its input.
        layers: in order.
    """
    console = human()
    console.print(Text.assemble((name, "bold"), f" for an input of {by(size)}"))
    table = plain_table("layer", "kind", *NUMBERS, right=NUMBERS)
    for one in layers:
        windows = (one.kernel_size, one.stride, one.padding, one.receptive_field, (one.output_shape or ())[1:])
        costs = (f"{one.num_parameters:,}" if one.num_parameters else "-", f"{one.num_flops:,}" if one.num_flops else "-")
        table.add_row(one.name or "(the model)", one.kind, *(by(window) for window in windows), *costs)
    table.add_section()
    totals = (f"{sum(one.num_parameters for one in layers):,}", f"{sum(one.num_flops for one in layers):,}")
    table.add_row("total", *[""] * 6, *totals)
    console.print(table)
    console.print(Text(EXPLAINED, style="dim"))


def by(lengths: Sequence[int] | None) -> str:
    """Return lengths as they are spoken, and a dash for none.

    Example:
        >>> by((3, 32, 32)), by(None)
        ('3x32x32', '-')
    """
    return "x".join(map(str, lengths)) if lengths else "-"
