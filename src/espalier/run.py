"""A run: a folder that holds all of it. What it was, how it went, and a model that answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import polars as pl
from torch import nn

from espalier.core.batch import Prediction
from espalier.core.errors import ColumnError
from espalier.core.files import sha256
from espalier.core.finding import Finding
from espalier.core.finding import from_mapping as finding_from
from espalier.core.plan import CleanPlan, Plan
from espalier.core.records import Records
from espalier.core.run_folder import RunFolder, damaged_file, missing_file, read_run_json
from espalier.core.schema import Kind, Role, Schema
from espalier.core.scorecard import Scorecard
from espalier.core.scorecard import from_mapping as scorecard_from
from espalier.data.clean import clean
from espalier.data.describe.profile import Profile
from espalier.data.describe.profile import from_mapping as profile_from
from espalier.data.describe.question import Question
from espalier.data.parse import parse
from espalier.data.prepare.forecast import PreparedForecast
from espalier.data.prepare.preparation import Preparation
from espalier.data.prepare.stretches import PreparedStretches
from espalier.data.read import kind_of, read
from espalier.data.sources import sqlite
from espalier.diagnosis.examine import in_order
from espalier.evaluation.score import NETWORK, Contender, make_scorecard
from espalier.evaluation.verdict import few_groups
from espalier.explanation.permutation import ColumnImportance
from espalier.stages.answers import to_frame, to_paths, with_boxes
from espalier.stages.forgetting import Forgetting
from espalier.stages.network import ModuleMaker, Network, average, load_network
from espalier.stages.new_rows import absent_columns, lack, notes_on, pictures_as_trained, true_values
from espalier.stages.new_steps import future, present
from espalier.stages.parts import examples_of, num_splits
from espalier.stages.scored_part import group_values, scored_part
from espalier.stages.table import as_series, runs_in_time
from espalier.stages.unreadable import note_on, readable, unreadable, with_gaps
from espalier.stages.views import ONE_VIEW, predict_in_views, verdict_on_views, views_in
from espalier.tasks.forecasting import Forecasting

Built = TypeVar("Built")

LEARNT_FROM = "The model learnt from {rows:,} rows of this very source, so these scores are too good."
OPENED = (
    "Rows of the run's test part are among those scored: it has now been opened {count} times, which {file} counts. "
    "What is chosen by looking at it is no longer tested by it."
)
TEST_ALONE = "The scores on the test part alone are shown by: espalier compare {run}"


class Run:
    """What `train` made.

    Args:
        path: the run folder.
        maker: makes the module, when the run trained a person's own `nn.Module`.

    Attributes:
        folder: where its files lie.
        plan: every choice.
        notes: what stood out in the rows last given to `predict` or `evaluate`, one sentence each.

    Raises:
        RunError: no run folder, or one of another version.
    """

    def __init__(self, path: str | Path, maker: ModuleMaker | None = None) -> None:
        self.folder = RunFolder(Path(path))
        self.plan: Plan = self.folder.read_plan()
        self.notes: tuple[str, ...] = ()
        self._maker = maker

    def __repr__(self) -> str:
        """Return the folder, the model and the verdict."""
        verdict = self.scorecard.verdict if self.folder.scorecard.exists() else "not finished"
        return f"Run({str(self.folder.path)!r}, {self.plan.model.name}: {verdict})"

    @property
    def schema(self) -> Schema:
        """Kind and role of each column."""
        return self.plan.schema

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """Content of data.json: where the rows came from and what happened to them."""
        content: Mapping[str, Any] = self.folder.read_json(self.folder.data)
        return content

    @cached_property
    def profile(self) -> Profile:
        """What the columns hold."""
        return _built(self.folder.data, lambda data: profile_from(data["profile"]))

    @cached_property
    def question(self) -> Question:
        """What the target asks."""
        return _built(
            self.folder.data, lambda data: Question(**{**data["question"], "classes": tuple(data["question"]["classes"])})
        )

    @cached_property
    def scorecard(self) -> Scorecard:
        """Scores of the network and its baselines."""
        return _built(self.folder.scorecard, scorecard_from)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong, in the data and while the networks learnt: worst first, what follows from another after it."""
        files = [self.folder.findings, *(self.folder.member(index).findings for index in range(self._num_members))]
        found: dict[str, Finding] = {}
        for path in files:
            if path.exists() or path == self.folder.findings:
                every = _built(path, lambda content: [finding_from(one) for one in content])
                found = {one.id: one for one in every} | found  # several members may show one sign: the first is told
        return in_order(list(found.values()))

    @cached_property
    def importance(self) -> tuple[ColumnImportance, ...]:
        """How much each column matters, most first."""
        return _built(self.folder.importance, lambda every: tuple(ColumnImportance(**one) for one in every))

    @cached_property
    def forgetting(self) -> Forgetting | None:
        """What it still knows of the question of the run that it started from; None where no old data was given."""
        return _built(self.folder.forgetting, lambda found: Forgetting(**found)) if self.folder.forgetting.exists() else None

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """The trained networks: one, or the members of an ensemble."""
        threshold = self.scorecard.threshold if self.folder.scorecard.exists() else None
        return tuple(
            load_network(self.plan, self.folder.member(index), threshold, self._maker) for index in range(self._num_members)
        )

    @property
    def _num_members(self) -> int:
        return self.plan.model.num_members * num_splits(self.plan)

    @property
    def module(self) -> nn.Module:
        """The plain module, in eval mode; the first member of an ensemble."""
        return self.networks[0].module

    @property
    def prepared(self) -> Preparation:
        """The fitted preparation; of an ensemble the first member's."""
        return self.networks[0].prepared

    @cached_property
    def predictions(self) -> pl.DataFrame:
        """Predictions for the validation and test rows: part, row, target, prediction, and probabilities or quantiles.

        Raises:
            RunError: the file is missing, cut off or changed.
        """
        return _read_frame(self.folder.predictions, pl.read_parquet)

    @cached_property
    def history(self) -> pl.DataFrame:
        """Losses and scores of each epoch of the first member.

        Raises:
            RunError: the file is missing, cut off or changed.
        """
        return _read_frame(self.folder.member(0).epochs, pl.read_csv)

    def answer(self, records: Records, *, tta: bool = False) -> Prediction:
        """Return the mean prediction of the networks for parsed records, in the person's units; see `predict` for `tta`."""
        answers = [predict_in_views(one, records) if tta else one.predict(records) for one in self.networks]
        return average(answers, self.networks[0].task)

    def predict(
        self, source: object, *, query: str | None = None, fill_missing: bool = False, tta: bool = False
    ) -> pl.DataFrame:
        """Return one line per row of a source, in its order: `prediction`, and `probability_<class>` or `quantile_<q>`.

        Where the question asks for a box too, its sides come behind the prediction, in pixels of the picture. Of pictures the
        first column holds their names; it is called as in training: `image` for folders and archives. Of a series the lines are
        the steps that come after its last one, each with its time and the name of its series; where anomalies are asked for,
        its own steps, from the first on that has a whole look back behind it, each with its `score`: the error in alarm levels.
        What could not be read in the rows is said afterwards by `notes`. A picture that cannot be read has an empty answer, and
        there is then a column `error`, which says why.

        Args:
            source: a path, or a pandas or polars frame; its columns may come in any order, with others among them.
            query: what is asked of a database, in SQL.
            fill_missing: fill columns that the source lacks as missing in every row.
            tta: answer each picture in several views and take the mean (test-time augmentation): mirrored and shifted where
                training did so. It takes as many times as long as there are views, 5 or 10.

        Raises:
            SourceError: the source cannot be read, or none of its pictures.
            ColumnError: the source lacks a column that the model reads.
            PlanError: `tta`, of a model that reads tables, or whose training pictures were neither mirrored nor shifted.
        """
        records = self._read(source, query, fill_missing=fill_missing)
        prepared, task = self.prepared, self.networks[0].task
        if isinstance(prepared, PreparedForecast) and isinstance(task, Forecasting):
            last = present(records, prepared)
            return future(last, self.answer(last), prepared, task, self.schema)
        records = examples_of(records, self.plan.prepare)
        reasons = unreadable(records, prepared)
        if not reasons:
            return self.frame(records, tta=tta)
        self.notes += (note_on(records, prepared, reasons),)
        places = readable(records, reasons)
        return with_gaps(self.frame(records.take(places), tta=tta), places, reasons).with_columns(self._names(records))

    def frame(self, records: Records, *, tta: bool = False) -> pl.DataFrame:
        """Return the answers for parsed records in the person's words, as `predict` does for a source."""
        answer, prepared, task = self.answer(records, tta=tta), self.prepared, self.networks[0].task
        if isinstance(task, Forecasting):
            return to_paths(answer, prepared.sources[: task.num_targets], task)
        answers = to_frame(answer, prepared.classes, task)
        answers = with_boxes(answers, answer.boxes, prepared, records)
        return pl.DataFrame([*self._names(records), *answers])

    def _names(self, records: Records) -> list[pl.Series]:
        """Return the column that names pictures, where there is one, and those that tell the time and the series of steps."""
        if isinstance(self.prepared, PreparedStretches):
            return [records.frame.get_column(name) for name in self.prepared.others]
        named = [name for name in self.prepared.columns_read if self.schema.columns[name].kind is Kind.IMAGE]
        return [records.frame.get_column(name) for name in named]

    def evaluate(self, source: object, *, query: str | None = None, fill_missing: bool = False, tta: bool = False) -> Scorecard:
        """Return the score card of the network alone on another source that has the target.

        Scoring rows of the run's own test part is counted as an opening of it. What a reader should know of the rows and
        of the scores is said afterwards by `notes`.

        Args:
            source: a path, or a pandas or polars frame.
            query: what is asked of a database, in SQL.
            fill_missing: fill columns that the source lacks as missing in every row.
            tta: score the answers in several views (see `predict`), and beside them those in one.

        Raises:
            SourceError: the source cannot be read.
            PlanError: as of `predict`.
            ColumnError: the target or a column that the model reads is absent, or a class is one that training did not know.
        """
        threshold = self.scorecard.threshold
        records = self._read(source, query, fill_missing=fill_missing, scored=True)
        reasons = unreadable(records, self.prepared)
        if reasons:
            self.notes += (note_on(records, self.prepared, reasons, scored=True),)
            records = records.take(readable(records, reasons))
        records = examples_of(clean(records, self.schema, CleanPlan()).records, self.plan.prepare)
        if not len(records):
            raise ColumnError(f"No row of {records.source} has a value in '{self.schema.target}', so nothing can be scored.")
        truth = self.prepared.target_values(records)
        network = Contender(NETWORK, self.answer(records, tta=tta), 0.0, 0)
        beside = [Contender(ONE_VIEW, self.answer(records), 0.0, 0)] if tta else []
        part = scored_part("given", records.rows, self.plan, group_values(self.plan, records))
        metrics = self.networks[0].task.metrics
        card = make_scorecard(self.plan.task.name, metrics, truth, network, beside, part, self.plan.seed)
        if card.comparison is not None:
            said = verdict_on_views(card, card.comparison, views_in(self.prepared)) + few_groups(part.num_groups)
            card = replace(card, verdict=said)
        return replace(card, threshold=threshold, openings=self._count_opening(self.origin(source, query)))

    def origin(self, source: object, query: str | None = None) -> Literal["source", "test", "other"]:
        """Return whether a source is the one that the run learnt from, the one of its test part, or another one.

        Files are told by their bytes, whatever their name; samples and databases by name and query; a frame is another one.

        Args:
            source: as it is given to `evaluate`.
            query: what is asked of a database, in SQL.
        """
        if not isinstance(source, str | Path):
            return "other"
        plan, path = self.plan.data, Path(source).expanduser()
        here = (str(path.resolve()) if path.exists() else str(source), query)
        mark = sha256(path) if path.is_file() else None
        if mark is not None and mark in (plan.fingerprint, plan.test_fingerprint):
            return "source" if mark == plan.fingerprint else "test"
        if mark is None or path.suffix.lower() in sqlite.SUFFIXES:
            return "source" if here == (plan.source, plan.query) else "test" if here == (plan.test, None) else "other"
        return "other"

    def _count_opening(self, origin: Literal["source", "test", "other"]) -> int:
        """Note what scoring this source means for its scores, and return how often the test part was opened, if it was now."""
        opened, run = 0, self.folder.path
        if origin == "source":
            self.notes += (LEARNT_FROM.format(rows=self.scorecard.network.num_train_rows),)
        if origin == "test" or (origin == "source" and self.plan.data.test is None):
            opened = self.folder.open_test("evaluate")
            self.notes += (OPENED.format(count=opened, file=self.folder.openings.name),)
        if origin == "source":
            self.notes += (TEST_ALONE.format(run=run),)
        return opened

    def _read(self, source: object, query: str | None = None, *, fill_missing: bool = False, scored: bool = False) -> Records:
        """Return the parsed records of a source, and note what stands out in them; a frame without rows gives none."""
        self.notes = ()
        shape = getattr(source, "shape", None)
        if isinstance(shape, tuple) and shape[0] == 0:
            return parse(Records(pl.DataFrame(), np.empty(0, dtype=np.int64)), self.schema).records
        records = pictures_as_trained(read(source, query=query, kind=self.plan.data.kind), self.schema)
        if scored:
            true_values(records, self.schema)
        needed = {name for network in self.networks for name in network.prepared.columns_read}
        absent = absent_columns(records, needed, self.schema, fill_missing=fill_missing)
        parsed = parse(records, self.schema)
        filled = (f"{lack(records, absent, self.schema)} Every row counts as missing there.",) if absent else ()
        told = (needed | set(self.schema.names(Role.TARGET) if scored else ())).difference(absent)
        left_out = records.notes if kind_of(source, self.plan.data.kind) == "images" else ()  # files that are no pictures
        self.notes = (*left_out, *filled, *notes_on(parsed, told, self.prepared))
        return as_series(parsed.records, self.schema) if runs_in_time(self.plan) else parsed.records


def _built(path: Path, build: Callable[[Any], Built]) -> Built:
    """Return what is built from the content of one of the run's JSON files."""
    content = read_run_json(path)
    try:
        return build(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged_file(path, f"does not hold what a run writes there ({error!r})") from error


def _read_frame(path: Path, reader: Callable[[Path], pl.DataFrame]) -> pl.DataFrame:
    if not path.exists():
        raise missing_file(path)
    try:
        return reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise damaged_file(path, f"cannot be read ({error})") from error
