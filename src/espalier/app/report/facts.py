"""What the page is made from: the attributes of a run that it reads, and what every section asks of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import polars as pl

from espalier.app.report import wording
from espalier.app.report.gallery import Gallery, make_gallery
from espalier.core.batch import FloatArray
from espalier.core.errors import EspalierError
from espalier.core.finding import Finding
from espalier.core.plan import Plan
from espalier.core.records import Records
from espalier.core.run_folder import RunFolder, damaged_file
from espalier.core.schema import Role, Schema
from espalier.core.scorecard import Scorecard
from espalier.data.describe.profile import Profile
from espalier.data.describe.question import Question
from espalier.data.kinds import picture_paths
from espalier.data.pictures.survey import Survey
from espalier.data.pictures.survey import from_mapping as survey_from
from espalier.data.series.told import AnySurvey
from espalier.data.series.told import from_mapping as series_from
from espalier.evaluation.metrics.metric import Metric
from espalier.explanation.permutation import ColumnImportance
from espalier.stages.forgetting import Forgetting
from espalier.tasks.build import build_task

AnswerKind: TypeAlias = Literal["classes", "labels", "numbers", ""]

PROBABILITY = "probability_"
LABELS_TASK = "multilabel"
LABEL_MARK = ";"  # between the labels of one row, see `stages.answers`
MAX_TARGETS = 3  # more are counted and not named
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
PACKED_SUFFIXES = (".gz", ".zst")


class ReportedRun(Protocol):
    """The attributes of `run.Run` that the page reads; a page can so be made of any value that has them."""

    @property
    def folder(self) -> RunFolder:
        """Where its files lie."""

    @property
    def plan(self) -> Plan:
        """What was done."""

    @property
    def schema(self) -> Schema:
        """Kind and role of each column."""

    @property
    def profile(self) -> Profile:
        """What the columns hold."""

    @property
    def question(self) -> Question:
        """What the target asks."""

    @property
    def scorecard(self) -> Scorecard:
        """Scores of the network and its baselines."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What was found wrong."""

    @property
    def importance(self) -> Sequence[ColumnImportance]:
        """How much each column matters."""

    @property
    def forgetting(self) -> Forgetting | None:
        """What is still known of the question of the run that it started from."""

    @property
    def predictions(self) -> pl.DataFrame:
        """Predictions for the scored rows."""

    @property
    def history(self) -> pl.DataFrame:
        """Losses and scores of each epoch."""


@dataclass(frozen=True)
class Facts:
    """A run as the sections see it.

    Args:
        run: what it was made from.
        data: content of the run's data.json; empty when the file is not there.
        scored: predictions of the scored part for rows whose target is known.
        importance: columns, the most important first.
        metrics: of the task, by name; empty for a task of the person's own.
        records: the source's rows, to show the values of the worst errors; None leaves the values out.
    """

    run: ReportedRun
    data: Mapping[str, Any]
    scored: pl.DataFrame
    importance: tuple[ColumnImportance, ...]
    metrics: Mapping[str, Metric]
    records: Records | None = field(default=None, repr=False)

    @property
    def kind(self) -> AnswerKind:
        """What an answer is: one class of several, any number of labels, a number; or nothing, when none can be judged."""
        if not self.scored.height:
            return ""
        if self.scored["target"].dtype.is_numeric() and not self.classes:
            return "numbers"
        if self.scored["target"].dtype != pl.String or not self.classes:
            return ""
        return "labels" if self.run.plan.task.name == LABELS_TASK else "classes"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the predictions hold a probability for, in the question's order."""
        held = [name.removeprefix(PROBABILITY) for name in self.scored.columns if name.startswith(PROBABILITY)]
        known = [name for name in self.run.question.classes if name in held]
        return tuple(known or held)

    @property
    def target(self) -> str:
        """Name of the column that is predicted."""
        names = self.run.schema.names(Role.TARGET)
        return wording.and_list(names) if 0 < len(names) <= MAX_TARGETS else f"{len(names)} labels" if names else "the target"

    @property
    def source(self) -> str:
        """The source's name without folders and secrets."""
        return wording.short_source(self.run.plan.data.source)

    @property
    def row_word(self) -> str:
        """What the number of a row means: the line of a text file, the row of a table, or the picture of a folder."""
        return "picture" if self.reads_album else row_word(self.run.plan.data.source)

    @property
    def reads_album(self) -> bool:
        """Whether the source is a folder, an archive or arrays of pictures, and no table that names them."""
        return self.pictures is not None and not self.run.plan.data.source.lower().endswith(picture_paths.TABLES)

    @property
    def pictures(self) -> Survey | None:
        """What the pictures are like that the run reads; None when it reads none."""
        held = self.data.get("pictures")
        return None if held is None or self.run.plan.prepare.pictures is None else survey_from(held)

    @property
    def series(self) -> AnySurvey | None:
        """What the windows are like that the run reads, or the series that it forecasts; None when it reads none."""
        held = self.data.get("series")
        return None if held is None else series_from(held)

    @cached_property
    def gallery(self) -> Gallery | None:
        """The pictures themselves; None when there are none, or they are not at hand."""
        return make_gallery(self.records, self.pictures, self.run.plan.prepare.pictures)

    @cached_property
    def train_rows(self) -> pl.Series:
        """The source rows of the training part, in the first fold of several; empty when that was not written down."""
        path = self.run.folder.split
        if not path.exists():
            return pl.Series("row", [], dtype=pl.Int64)
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise damaged_file(path, f"cannot be read ({error})") from error
        frame = frame.filter(pl.col("fold") == pl.col("fold").min()) if "fold" in frame.columns else frame
        return frame.filter(pl.col("part") == "train").get_column("row")

    @property
    def network(self) -> str:
        """What the network is called beside its baselines."""
        return f"network ({self.run.plan.model.name})"

    @property
    def folder(self) -> str:
        """The run folder as the person gave it."""
        return str(self.run.folder.path).replace(os.sep, "/")

    def values(self, column: str) -> FloatArray:
        """Return a column of the scored predictions as numbers; a missing one is NaN."""
        return self.scored[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def labels(self, column: str) -> FloatArray:
        """Return (N, K) 1 where a row of the scored predictions holds a label in this column, else 0."""
        held = pl.col(column).str.split(LABEL_MARK)
        flags = self.scored.select(held.list.contains(name).alias(str(index)) for index, name in enumerate(self.classes))
        return flags.cast(pl.Float64).to_numpy()

    def probabilities(self) -> FloatArray:
        """Return (N, K) the scored predictions' probabilities, in the order of `classes`."""
        return np.stack([self.values(PROBABILITY + name) for name in self.classes], axis=1)


def row_word(source: str) -> str:
    """Return what the number of a row means: the line of a text file, or the row of a table.

    Args:
        source: as it stands in the plan.

    Example:
        >>> row_word("houses.csv.gz"), row_word("houses.parquet")
        ('line', 'row')
    """
    name = source.lower()
    for packed in PACKED_SUFFIXES:
        name = name.removesuffix(packed)
    return "line" if name.endswith(TEXT_SUFFIXES) else "row"


def gather_facts(run: ReportedRun, records: Records | None = None) -> Facts:
    """Return what the sections ask of a run.

    Args:
        run: a finished run.
        records: the source's rows, when they are at hand.
    """
    folder = run.folder
    data = folder.read_json(folder.data) if folder.data.exists() else {}
    importance = tuple(sorted(run.importance, key=lambda one: -one.drop if one.drop == one.drop else float("inf")))
    return Facts(run, data, _scored(run), importance, _metrics(run), records)


def _metrics(run: ReportedRun) -> dict[str, Metric]:
    """Return the metrics of the run's task by name; a task that the catalogue does not know has none to tell about."""
    try:
        in_time = run.plan.prepare.stretches is not None
        task = build_task(run.plan.task, len(run.question.classes), data={"in_time": in_time})
    except EspalierError:
        return {}
    return {metric.name: metric for metric in task.metrics}


def _scored(run: ReportedRun) -> pl.DataFrame:
    """Return the predictions that were scored: those of the score card's part, or all when it has no such part."""
    frame = run.predictions
    if "target" not in frame.columns or "prediction" not in frame.columns:
        return frame.clear().with_columns(target=pl.lit(None), prediction=pl.lit(None))
    part = "test" if run.scorecard.part == "folds" else run.scorecard.part
    if "part" in frame.columns and (frame["part"] == part).any():
        frame = frame.filter(pl.col("part") == part)
    return frame.filter(pl.col("target").is_not_null() & pl.col("prediction").is_not_null())
