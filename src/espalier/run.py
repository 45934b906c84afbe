"""A run: a folder that holds all of it. What it was, how it went, and a model that answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from torch import nn

from espalier.core.batch import Prediction
from espalier.core.errors import ColumnError, RunError
from espalier.core.finding import Finding
from espalier.core.finding import from_mapping as finding_from
from espalier.core.plan import CleanPlan, Plan
from espalier.core.records import Records
from espalier.core.run_folder import RunFolder, read_run_json
from espalier.core.schema import Role, Schema
from espalier.core.scorecard import Scorecard
from espalier.core.scorecard import from_mapping as scorecard_from
from espalier.data.clean import clean
from espalier.data.describe.profile import Profile
from espalier.data.describe.profile import from_mapping as profile_from
from espalier.data.describe.question import Question
from espalier.data.kinds.table import read
from espalier.data.parse import parse
from espalier.data.prepare.prepared import Prepared
from espalier.diagnosis.examine import in_order
from espalier.evaluation.score import NETWORK, Contender, make_scorecard
from espalier.explanation.permutation import ColumnImportance
from espalier.stages.answers import to_frame
from espalier.stages.network import ModuleMaker, Network, average, load_network
from espalier.stages.parts import num_splits

Built = TypeVar("Built")

MAX_SHOWN = 5  # columns named in a message


class Run:
    """What `train` made.

    Args:
        path: the run folder.
        maker: makes the module, when the run trained a person's own `nn.Module`.

    Raises:
        RunError: no run folder, or one of another version.
    """

    def __init__(self, path: str | Path, maker: ModuleMaker | None = None) -> None:
        self.folder = RunFolder(Path(path))
        self.plan: Plan = self.folder.read_plan()
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
    def networks(self) -> tuple[Network, ...]:
        """The trained networks: one, or the members of an ensemble."""
        threshold = self.scorecard.threshold if self.folder.scorecard.exists() else None
        return tuple(
            load_network(self.plan, self.folder.member(index), threshold, self._maker) for index in range(self._num_members)
        )

    @property
    def _num_members(self) -> int:
        return self.plan.model.members * num_splits(self.plan)

    @property
    def module(self) -> nn.Module:
        """The plain module, in eval mode; the first member of an ensemble."""
        return self.networks[0].module

    @property
    def prepared(self) -> Prepared:
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

    def answer(self, records: Records) -> Prediction:
        """Return the mean prediction of the networks for parsed records, in the person's units."""
        return average([network.predict(records) for network in self.networks], self.networks[0].task)

    def predict(self, source: object) -> pl.DataFrame:
        """Return one line per row of a source, in its order: `prediction`, and `probability_<class>` or `quantile_<q>`.

        Args:
            source: a path, or a pandas or polars frame; its columns may come in any order, with others among them.

        Raises:
            SourceError: the source cannot be read.
        """
        return self.frame(self._read(source))

    def frame(self, records: Records) -> pl.DataFrame:
        """Return the answers for parsed records in the person's words, as `predict` does for a source."""
        return to_frame(self.answer(records), self.prepared.classes, self.networks[0].task)

    def evaluate(self, source: object) -> Scorecard:
        """Return the score card of the network alone on another source that has the target.

        Args:
            source: a path, or a pandas or polars frame.

        Raises:
            SourceError: the source cannot be read.
            ColumnError: the source has no target, or classes that training did not know.
        """
        records = clean(self._read(source), self.schema, CleanPlan()).records
        if not len(records):
            raise ColumnError(f"No row of {records.source} has a value in '{self.schema.target}', so nothing can be scored.")
        truth = self.prepared.target_values(records)
        network = Contender(NETWORK, self.answer(records), 0.0, 0)
        card = make_scorecard(self.plan.task.name, self.networks[0].task.metrics, truth, network, (), "given", self.plan.seed)
        return replace(card, threshold=self.scorecard.threshold)

    def _read(self, source: object) -> Records:
        """Return the parsed records of a source; a frame without rows gives none."""
        shape = getattr(source, "shape", None)
        if isinstance(shape, tuple) and shape[0] == 0:
            return parse(Records(pl.DataFrame(), np.empty(0, dtype=np.int64)), self.schema).records
        records = read(source)
        inputs = self.schema.names(Role.INPUT, Role.TIME)
        if inputs and not set(inputs).intersection(records.frame.columns):
            raise ColumnError(
                f"{records.source} has none of the columns that the model reads: {', '.join(inputs[:MAX_SHOWN])}. "
                "Give rows of the same kind as those it was trained on."
            )
        return parse(records, self.schema).records


def _built(path: Path, build: Callable[[Any], Built]) -> Built:
    """Return what is built from the content of one of the run's JSON files."""
    content = read_run_json(path)
    try:
        return build(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} does not hold what a run writes there ({error!r}): it was edited. Train again.") from error


def _read_frame(path: Path, reader: Callable[[Path], pl.DataFrame]) -> pl.DataFrame:
    try:
        return reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise RunError(f"{path} cannot be read ({error}). Finish the run with: espalier resume") from error
