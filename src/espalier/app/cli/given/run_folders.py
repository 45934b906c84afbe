"""Folders of runs as people name them: where a new run goes, and which one they meant."""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from espalier.core.errors import EspalierError, RunError, StorageError
from espalier.core.run_folder import RunFolder

PARENT = Path("runs")
LONGEST_STEM = 60  # characters of a source's name that go into a folder's name


@contextmanager
def fresh_folder(out: Path | None, source: str) -> Iterator[Path]:
    """Yield the folder of a new run; it is gone afterwards if nothing is in it, or an error ended the run before it learnt.

    Args:
        out: the folder that was asked for; None for the next free one, runs/<source>-<n>.
        source: what the run reads.

    Raises:
        StorageError: the folder holds something already, or cannot be made.
    """
    folder = _next_free(source) if out is None else _claimed(out)
    try:
        yield folder
    except EspalierError:  # nothing to go on with: an error in the plan or the data comes again
        RunFolder(folder).clear_unlearnt()
        raise
    finally:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def existing_run(path: Path) -> Path:
    """Return the path when a folder is there.

    Raises:
        RunError: nothing is there, or a file; the nearest folder beside it or among the runs is offered.
    """
    if path.is_dir():
        return path
    if path.is_file():
        raise RunError(f"{path} is a file. Expected the folder of a run, such as {PARENT / 'titanic-1'}.")
    places = [place for place in (PARENT, path.parent) if place.is_dir()]
    names = {one.name: one for place in places for one in place.iterdir() if one.is_dir()}
    near = difflib.get_close_matches(path.name, sorted(names), n=1, cutoff=0.5)
    hint = f" Did you mean {names[near[0]]}?" if near else " Give a folder that `espalier train` made."
    raise RunError(f"There is no run {path}.{hint}")


def stem_of(source: str) -> str:
    """Return a name for folders from the name of a source.

    Example:
        >>> stem_of("data/houses.csv.gz"), stem_of("sample:iris"), stem_of("postgresql://me:secret@host/sales?ssl=on")
        ('houses', 'iris', 'sales')
    """
    last = re.split(r"[/\\]", source.split("?")[0].removeprefix("sample:").rstrip("/\\"))[-1]
    stem = re.sub(r"[^\w-]+", "_", last.split(".")[0] or last.strip(".")).strip("_")
    return stem[:LONGEST_STEM] or "run"


def _next_free(source: str) -> Path:
    """Make and return runs/<stem>-<n> with the lowest free n; two processes never get the same one."""
    stem, index = stem_of(source), 1
    while True:
        folder = PARENT / f"{stem}-{index}"
        try:
            PARENT.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        except FileExistsError as error:
            if PARENT.exists() and not PARENT.is_dir():
                raise StorageError(f"{PARENT} is a file, so no run can be put there. Name a folder with --out.") from error
            index += 1
        except OSError as error:
            raise StorageError(f"Cannot make the folder {folder}: {error.strerror}. Name another one with --out.") from error
        else:
            return folder


def _claimed(out: Path) -> Path:
    if (out / "plan.yaml").exists():
        raise StorageError(
            f"{out} holds a run already. Continue it with `espalier resume {out}`, or name another folder with --out."
        )
    if out.is_dir() and any(out.iterdir()):
        raise StorageError(f"{out} is not empty. Name a new folder with --out; runs never write over other files.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"Cannot make the folder {out}: {error.strerror}. Name another one with --out.") from error
    return out
