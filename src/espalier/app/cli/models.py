"""`espalier models`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from espalier.core.catalogue import Architecture

TABLE = ("num_numbers", "cardinalities", "num_outputs", "bins")
FORECAST = ("out_channels", "horizon", "outputs_per_step", "output_roles")
GIVEN = (*TABLE, *FORECAST)  # what the data and the task decide, where it has a default


def models(
    name: Annotated[str | None, Parameter(metavar="NAME")] = None,
    /,
    *,
    summary: bool = False,
    input: Annotated[str | None, Parameter(name="--input", metavar="SIZE")] = None,
    json: bool = False,
) -> int:
    """List the networks there are, or explain one.

    Args:
        name: one of them.
        summary: show each layer of NAME: its window, what it sees, what it gives and what it costs.
        input: what the summary is for: channels x height x width of a picture (3x32x32), the number columns of a table (10),
            or channels x steps of a series (9x128).
        json: print the result as JSON.
    """
    from espalier.app.cli.show.console import print_json
    from espalier.core.catalogue import architectures
    from espalier.core.errors import PlanError, unknown_name

    known = architectures()
    if name is not None and name not in known:
        raise unknown_name("model", name, known)
    if summary or input is not None:
        if name is None:
            raise PlanError("A summary is made of one model. Name it: espalier models NAME --summary. See: espalier models")
        _summarize(name, known[name], input, as_json=json)
    elif json:
        print_json({one: _mapping(known[one]) for one in ([name] if name else sorted(known))})
    elif name:
        _print_one(name, known[name])
    else:
        _print_all(known)
    return FINE


def _summarize(name: str, architecture: "Architecture", text: str | None, *, as_json: bool) -> None:
    """Print the layers of one model."""
    from dataclasses import asdict

    from espalier.app.cli.given.input_size import example_for, read_input_size
    from espalier.app.cli.show.console import print_json
    from espalier.app.cli.show.layers import print_layers
    from espalier.models.summary import summary

    size = read_input_size(name, architecture, text)
    model, inputs = example_for(architecture, size)
    layers = summary(model, *inputs)
    if as_json:
        totals = {
            "num_parameters": sum(one.num_parameters for one in layers),
            "num_flops": sum(one.num_flops for one in layers),
        }
        print_json({"model": name, "input": size, **totals, "layers": [asdict(layer) for layer in layers]})
    else:
        print_layers(name, size, layers)


def _mapping(architecture: "Architecture") -> dict[str, Any]:
    from dataclasses import asdict

    from espalier.app.cli.show.catalogue import first_sentence, options_of

    return {
        "reads": architecture.reads,
        "only": list(architecture.only),
        "sentence": first_sentence(architecture.module),
        "options": [asdict(option) for option in options_of(architecture.config, architecture.sizes, given=GIVEN)],
        "sizes": dict(architecture.sizes),
    }


def _print_all(known: "Mapping[str, Architecture]") -> None:
    """Print one entry for each module; its sizes and forms stand below each other."""
    from espalier.app.cli.show.catalogue import first_sentence
    from espalier.app.cli.show.console import human, plain_table

    console = human()
    names: dict[type, list[str]] = {}
    for name in sorted(known):
        names.setdefault(known[name].module, []).append(name)
    table = plain_table("model", "reads", "what it is")
    for module, forms in names.items():
        table.add_row("\n".join(forms), _reads(known[forms[0]]), first_sentence(module))
    console.print(table)
    console.print("\nAll about one: espalier models NAME")


def _reads(architecture: "Architecture") -> str:
    """Return what an architecture reads, and for which tasks when not for all."""
    return f"{architecture.reads}, for {' and '.join(architecture.only)}" if architecture.only else architecture.reads


def _print_one(name: str, architecture: "Architecture") -> None:
    import sys

    from rich.text import Text

    from espalier.app.cli.show.catalogue import first_sentence, options_of, paragraphs, print_options
    from espalier.app.cli.show.console import human

    console = human()
    console.print(Text(name, style="bold"))
    console.print(Text(f"{first_sentence(architecture.module)}"))
    console.print(Text(f"Reads: {_reads(architecture)}\n"))
    for paragraph in paragraphs(sys.modules[architecture.module.__module__]):
        console.print(Text(paragraph, style="dim"))
    print_options(console, options_of(architecture.config, architecture.sizes, given=GIVEN), "model.options")
    console.print(Text(f"\nTrain it: espalier train SOURCE --target COLUMN --model {name}", style="cyan"))
