"""`espalier compare`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE

PAIR = 2  # for so many runs we also say what differs


def compare(*runs: Annotated[Path, Parameter(metavar="RUN", required=True)], json: bool = False) -> int:
    """Rank runs, and say what differs between two.

    For two runs the differences in plan, data and result follow the list, with what can be concluded from them.

    Args:
        runs: the folders of the runs, one or more.
        json: print the result as JSON.
    """
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.leaderboard import print_differences, print_leaderboard
    from espalier.comparison import compare as rank
    from espalier.comparison import differences
    from espalier.run import Run

    found = [Run(existing_run(path)) for path in runs]
    board = rank(found)
    differing = differences(*found) if len(found) == PAIR and not board.unranked else None
    if json:
        result = {"leaderboard": board.to_mapping(), "differences": differing.to_mapping() if differing else None}
        print_json(result)
        return FINE
    console = human()
    print_leaderboard(console, board)
    if differing:
        print_differences(console, differing)
    return FINE
