"""`espalier report`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE


def report(
    run: Annotated[Path, Parameter(metavar="RUN")],
    /,
    *,
    out: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    json: bool = False,
) -> int:
    """Write the page that tells a run's whole story.

    Args:
        run: the folder of a run.
        out: where to write it; RUN/report.html when left out.
        json: print the result as JSON.
    """
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.given.sources import rows_behind
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.report.page import write_report
    from espalier.run import Run

    found = Run(existing_run(run))
    records, missing = rows_behind(found)
    page = write_report(found, out, records)
    console = human(as_json=json)
    if missing:
        console.print(f"The worst errors are shown by line only, without their values: {missing}", soft_wrap=True)
    if json:
        print_json({"run": run, "report": page})
    else:
        console.print(f"Report written to {page}. Open it in a browser.", soft_wrap=True)
    return FINE
