"""`espalier predict`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE

if TYPE_CHECKING:
    import polars as pl

PIECE_ROWS = 10_000
SUFFIXES = (".csv", ".parquet", ".jsonl", ".ndjson")


def predict(
    model: Annotated[Path, Parameter(metavar="MODEL")],
    source: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    query: Annotated[str | None, Parameter(metavar="SQL")] = None,
    fill_missing: bool = False,
    tta: bool = False,
    json: bool = False,
) -> int:
    """Answer new rows with a trained model.

    There is one line for each row, in the same order, with the answer and, for classes, the probability of each; of pictures
    the name comes first. A picture that cannot be read has an empty answer, and a column 'error' says why; the command then
    ends with 1.

    Args:
        model: the folder of a run.
        source: a table or pictures in any form that `espalier train` reads; columns in any order, with or without the target.
        out: where to write, by its ending: .csv, .parquet or .jsonl; CSV on standard output when left out.
        query: what is asked of a database, in SQL.
        fill_missing: fill columns that the model reads and the table lacks as missing, instead of refusing it.
        tta: answer each picture in several views, mirrored and shifted as in training, and take the mean.
        json: print JSON Lines on standard output; together with --out, only say there what was written.
    """
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.notes import print_notes
    from espalier.app.cli.show.quantities import count
    from espalier.run import Run
    from espalier.stages.unreadable import ERROR

    if out is not None:
        _check(out, source)
    run = Run(existing_run(model))
    frame = run.predict(source, query=query, fill_missing=fill_missing, tta=tta)
    print_notes(run.notes)
    code = FINDINGS if ERROR in frame.columns else FINE
    if out is None:
        _write_out(frame, as_json=json)
        return code
    _write(frame, out)
    missing = frame.height - frame.get_column(ERROR).null_count() if code == FINDINGS else 0
    if json:
        print_json({"out": out, "num_rows": frame.height, "columns": frame.columns, "notes": run.notes})
    else:
        human().print(f"{count(frame.height - missing, 'prediction')} written to {out}.", soft_wrap=True)
    return code


def _check(out: Path, source: str) -> None:
    """Refuse, before the work is done, an ending that is no form of ours, and to write over the rows that are answered."""
    from espalier.core.errors import FormatError, StorageError

    if out.suffix.lower() not in SUFFIXES:
        raise FormatError(f"--out {out} ends in {out.suffix or 'nothing'!r}. Expected one of {', '.join(SUFFIXES)}.")
    given = Path(source).expanduser()
    if out.exists() and given.exists() and out.samefile(given):
        raise StorageError(
            f"--out {out} is the source itself; the answers would take the place of its rows. Name another file."
        )


def _write(frame: "pl.DataFrame", out: Path) -> None:
    from espalier.core.files import replaced

    with replaced(out) as temporary:
        if out.suffix.lower() == ".csv":
            frame.write_csv(temporary)
        elif out.suffix.lower() == ".parquet":
            frame.write_parquet(temporary)
        else:
            frame.write_ndjson(temporary)


def _write_out(frame: "pl.DataFrame", *, as_json: bool) -> None:
    """Write to standard output, in pieces: a reader may close the pipe after the first lines."""
    for start in range(0, max(frame.height, 1), PIECE_ROWS):
        piece = frame.slice(start, PIECE_ROWS)
        sys.stdout.write(piece.write_ndjson() if as_json else piece.write_csv(include_header=start == 0))
    sys.stdout.flush()
