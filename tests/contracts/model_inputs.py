"""What the contracts call architectures with: for each kind of data what it decides about a model, and eight rows of it."""

import dataclasses

import torch

from espalier.core.catalogue import architectures

ROWS = 8
EDGES = (-1.5, -0.5, 0.0, 0.5, 1.5)
WITH_BINS = {"num_numbers": 9, "cardinalities": (6, 80), "num_outputs": 2, "bins": (EDGES,) * 9}
PICTURES = {"in_channels": 3, "num_outputs": 2}
LEAST_SIDE = 16  # pixels; larger where a model needs more
SERIES = {"in_channels": 3, "length": 24, "num_outputs": 2}
FORECASTS = {**SERIES, "num_outputs": 2 * 4 * 2, "out_channels": 2, "horizon": 4, "outputs_per_step": 2}
WINDOWS = {**SERIES, "num_outputs": 3 * 24}  # what a model gives that writes its input anew
FUSION = {**WITH_BINS, **PICTURES}
EXAMPLES = {"table": WITH_BINS, "image": PICTURES, "series": SERIES, "fusion": FUSION}
LEARNING_RATES = {"table": 0.02, "image": 0.003, "series": 0.01, "fusion": 0.003}  # with which eight rows are learnt by heart


def given_to(name):
    """What the data decides about a model of this name."""
    architecture = architectures()[name]
    if architecture.reads == "table":
        return WITH_BINS
    if architecture.reads == "series":
        return {"forecasting": FORECASTS, "anomaly": WINDOWS}[architecture.only[0]] if architecture.only else SERIES
    side = max(architecture.least_pixels, LEAST_SIDE)
    return {**(FUSION if architecture.reads == "fusion" else PICTURES), "image_size": (side, side)}


def build(name, given=None, seed=0, **options):
    torch.manual_seed(seed)
    return architectures()[name].build(given or given_to(name), options)


def inputs_of(name, num_rows=ROWS):
    """Rows that the model of this name can read."""
    given = given_to(name)
    made = {"table": table_rows, "image": pictures, "series": series, "fusion": lines}
    return made[architectures()[name].reads](given, num_rows)


def table_rows(given, num_rows=ROWS):
    stream = torch.Generator().manual_seed(1)
    numbers = torch.randn(num_rows, given["num_numbers"], generator=stream)
    columns = [torch.randint(0, cardinality, (num_rows,), generator=stream) for cardinality in given["cardinalities"]]
    return (numbers, torch.stack(columns, dim=1)) if columns else (numbers,)


def pictures(given, num_rows=ROWS):
    stream = torch.Generator().manual_seed(1)
    return (torch.randn(num_rows, given["in_channels"], *given["image_size"], generator=stream),)


def lines(given, num_rows=ROWS):
    return (*pictures(given, num_rows), *table_rows(given, num_rows))


def series(given, num_rows=ROWS):
    stream = torch.Generator().manual_seed(1)
    return (torch.randn(num_rows, given["in_channels"], given["length"], generator=stream),)


def loss_of(output):
    """A loss whose gradient is not zero by accident: squares towards targets that differ for rows and outputs."""
    target = torch.randn(output.shape[0], output.shape[-1], generator=torch.Generator().manual_seed(2))
    return (output - (target if output.ndim == 2 else target[:, None])).square().mean()


def without_dropout(name):
    return {field.name: 0.0 for field in dataclasses.fields(architectures()[name].config) if "drop" in field.name}


def as_tuples(value):
    return tuple(as_tuples(one) for one in value) if isinstance(value, list) else value
