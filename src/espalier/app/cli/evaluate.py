"""`espalier evaluate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE

OWN_SOURCE = (
    "Mind: the model learnt from this very source, so these scores are too good. The scores on its test part are shown by: "
    "espalier compare {run}"
)


def evaluate(
    model: Annotated[Path, Parameter(metavar="MODEL")],
    source: str,
    /,
    *,
    query: Annotated[str | None, Parameter(metavar="SQL")] = None,
    json: bool = False,
) -> int:
    """Score a trained model on rows whose answers are known.

    Args:
        model: the folder of a run.
        source: a table with the target's column, in any form that `espalier train` reads.
        query: what is asked of a database, in SQL.
        json: print the result as JSON.
    """
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.given.sources import is_own_source, rows_of
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.scorecard import print_scorecard
    from espalier.run import Run

    run = Run(existing_run(model))
    card = run.evaluate(rows_of(source, query))
    own = is_own_source(run, source)
    if json:
        print_json({"run": model, "source": source, "own_source": own, "scorecard": card.to_mapping()})
        return FINE
    console = human()
    print_scorecard(console, card, run.plan.model.name, run.question.classes[-1:])
    if own:
        console.print(f"\n{OWN_SOURCE.format(run=model)}")
    return FINE
