"""The public face: each function is one call over the process. `import espalier` gives these names."""

import copy
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from torch import nn

from espalier import process
from espalier.app.cli.given.run_folders import fresh_folder
from espalier.app.report.page import write_report
from espalier.core.files import replaced
from espalier.core.progress import Progress
from espalier.core.run_folder import RunFolder
from espalier.core.scorecard import Scorecard
from espalier.data.prepare.preparation import Preparation
from espalier.data.read import read
from espalier.run import Run
from espalier.stages.network import OWN_MODULE, ModuleMaker

SOURCE_FILE = "source.parquet"  # a frame that was trained on, in the run folder


def train(
    source: object,
    target: str | Sequence[str] = (),
    *,
    model: str | nn.Module | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Train on a table or on pictures, compare with baselines, and write a run folder with a report.

    Args:
        source: a path, a URL of a database, `sample:NAME`, or a pandas or polars frame. A frame is kept in the run folder.
        target: the column to be predicted; several for a multi-label question. Of pictures it may be left out: then it is
            their folder, or their array of labels.
        model: a name of the catalogue; or any `nn.Module` that maps (B, F) float32, every column as numbers, or pictures
            (B, C, H, W), to (B, K) outputs. Build it with the sizes that `espalier.draft(...)` tells, or with lazy layers.
        out: the run folder; a new one under `runs` when not given.
        seed: of every random choice.
        settings: more edits of the plan by dotted path, for example {"learning.epochs": 20}.

    Returns:
        The run: `.predict(frame)`, `.scorecard`, `.findings`, `.module`, `.plan`.

    Raises:
        InputError: the source, a column or a setting cannot be used.

    Example:
        >>> run = train("sample:iris", "target", out=getfixture("tmp_path") / "run", settings={"learning.epochs": 2})
        >>> run.scorecard.task
        'multiclass'
    """
    changes = dict(settings or {})
    maker: ModuleMaker | None = None
    if isinstance(model, nn.Module):
        maker = _copies_of(model)
        changes = {"model.name": OWN_MODULE, "prepare.categories": "one-hot", "prepare.bins": 0, **changes}
    elif model is not None:
        changes["model.name"] = model
    columns = [target] if isinstance(target, str) else list(target)
    name = str(source) if isinstance(source, str | Path) else "frame"
    with fresh_folder(None if out is None else Path(out), name) as folder:
        try:
            kept = source if isinstance(source, str | Path) else _keep_frame(source, folder / SOURCE_FILE)
            made = process.draft(kept, target=columns, changes=changes, seed=seed)
            return _finish(process.train(made.plan, folder, made.table, maker))
        finally:
            if not RunFolder(folder).plan.exists():  # no run came of it
                (folder / SOURCE_FILE).unlink(missing_ok=True)


def resume(path: str | Path, model: nn.Module | None = None) -> Run:
    """Go on with a run that was stopped, to the same weights, bit for bit, as if it had not been.

    Args:
        path: the run folder.
        model: the module that was given to `train`, untrained, when it was a person's own.

    Raises:
        RunError: no run folder, or one that was edited or cut off.
    """
    return _finish(process.resume(Path(path), None if model is None else _copies_of(model)))


def load(path: str | Path, model: nn.Module | None = None) -> Run:
    """Return a finished run.

    Args:
        path: the run folder.
        model: the module that was given to `train`, when it was a person's own.

    Raises:
        RunError: no run folder, or one of another version.
    """
    return Run(path, None if model is None else _copies_of(model))


def predict(path: str | Path, source: object, *, fill_missing: bool = False, tta: bool = False) -> pl.DataFrame:
    """Return one line per row of a source: `prediction`, and `probability_<class>` or `quantile_<q>`.

    To learn what stood out in the rows: `run = espalier.load(path)`, `run.predict(source)`, and then `run.notes`.

    Args:
        path: the run folder.
        source: a path or a frame; columns in any order, with others among them; unseen levels and missing values allowed.
        fill_missing: fill columns that the source lacks as missing in every row.
        tta: answer each picture in several views, mirrored and shifted as in training, and take the mean.

    Raises:
        InputError: the run or the source cannot be used, or the source lacks a column that the model reads.
    """
    return Run(path).predict(source, fill_missing=fill_missing, tta=tta)


def evaluate(path: str | Path, source: object, *, fill_missing: bool = False, tta: bool = False) -> Scorecard:
    """Return the score card of a run's network on another source that has the target.

    Args:
        path: the run folder.
        source: a path or a frame.
        fill_missing: fill columns that the source lacks as missing in every row.
        tta: score the mean of several views of each picture, and beside it the answers in one view.

    Raises:
        InputError: the run or the source cannot be used, or the source lacks a column that the model reads.
    """
    return Run(path).evaluate(source, fill_missing=fill_missing, tta=tta)


def _finish(stages: Generator[Progress, None, Run]) -> Run:
    """Go through all stages, write the report, and return the run."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            run: Run = end.value
            write_report(run)
            return run


def _copies_of(module: nn.Module) -> ModuleMaker:
    """Return a maker that hands out copies of a module, so that each member of an ensemble starts from the same weights."""

    def make(prepared: Preparation, num_outputs: int) -> nn.Module:
        return copy.deepcopy(module)

    return make


def _keep_frame(source: object, path: Path) -> Path:
    """Write a data frame into the run folder, so that the run can be resumed and repeated; return its path."""
    frame = read(source).frame
    with replaced(path) as temporary:
        frame.write_parquet(temporary)
    return path
