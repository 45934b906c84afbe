"""`espalier resume`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def resume(run: Annotated[Path, Parameter(metavar="RUN")], /, *, json: bool = False, quiet: bool = False) -> int:
    """Go on with a run that was stopped.

    It ends exactly as if it had never been stopped, to the last bit of its weights.

    Args:
        run: the folder of a run.
        json: print the result as JSON on standard output, and everything else on standard error.
        quiet: show no progress.
    """
    from espalier import process
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.whole_run import carry_out

    folder = existing_run(run)
    return carry_out(process.resume(folder), folder, as_json=json, quiet=quiet)
