"""`espalier evaluate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE


def evaluate(
    model: Annotated[Path, Parameter(metavar="MODEL")],
    source: str,
    /,
    *,
    query: Annotated[str | None, Parameter(metavar="SQL")] = None,
    fill_missing: bool = False,
    tta: bool = False,
    json: bool = False,
) -> int:
    """Score a trained model on rows whose answers are known.

    Args:
        model: the folder of a run.
        source: a table with the target's column, in any form that `espalier train` reads.
        query: what is asked of a database, in SQL.
        fill_missing: fill columns that the model reads and the table lacks as missing, instead of refusing it.
        tta: score answers that are the mean of several views of each picture, and beside them those of one view.
        json: print the result as JSON.
    """
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.notes import print_notes
    from espalier.app.cli.show.scorecard import print_scorecard
    from espalier.run import Run

    run = Run(existing_run(model))
    card = run.evaluate(source, query=query, fill_missing=fill_missing, tta=tta)
    if json:
        own = run.origin(source, query) == "source"
        print_json({"run": model, "source": source, "own_source": own, "notes": run.notes, "scorecard": card.to_mapping()})
    else:
        print_scorecard(human(), card, run.plan.model.name, run.question.classes[-1:])
    print_notes(run.notes)
    return FINE
