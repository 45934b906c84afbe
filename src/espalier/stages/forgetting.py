"""Forgetting: what a network that went on from a run still knows of that run's question.

The head of the old run is put on the body of the new one, and both answer the old data (as Li, Grandvalet & Davoine 2018,
arXiv 1802.01483, section 5.4, compare networks on the source task).
"""

import copy
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from espalier.core.errors import ColumnError, PlanError
from espalier.core.files import write_json
from espalier.core.plan import CleanPlan, Plan
from espalier.core.progress import StageDone
from espalier.core.records import Records
from espalier.core.run_folder import RunFolder
from espalier.data.clean import clean
from espalier.data.parse import parse
from espalier.data.part_column import parts_of_column
from espalier.data.read import read
from espalier.evaluation.verdict import spoken
from espalier.stages.network import Network, load_network, main_metric
from espalier.training.adapt.depth import blocks_of

TEST = 2  # as parts are numbered


@dataclass(frozen=True)
class Forgetting:
    """Scores on the old question.

    Args:
        metric: the main metric of the old task, in the person's units.
        before: of the old network.
        after: of the old head on the new body.
        rows: that were scored.
        part: "test" where the data names its parts and that one alone was scored; empty for all rows.
    """

    metric: str
    before: float
    after: float
    rows: int
    part: str = ""

    @property
    def sentence(self) -> str:
        """Return what was found, for people."""
        where = f" (its {self.part} part)" if self.part else ""
        rows = f"On {self.rows:,} rows of the old question{where}"
        return f"{rows} {spoken(self.metric)} was {self.before:.3g}, and is {self.after:.3g} now."


def check_forgetting(plan: Plan, folder: RunFolder) -> Iterator[StageDone]:
    """Say what a run still knows of the question of the run that it started from, and keep it in the run's folder.

    Args:
        plan: with adapt.source and adapt.old_data; without old data nothing is said.
        folder: of the run, whose networks are trained.

    Raises:
        InputError: the old run or its data cannot be used.
    """
    if plan.adapt.old_data is None:
        return
    began = time.monotonic()
    if not folder.forgetting.exists():
        write_json(folder.forgetting, asdict(forgetting(str(plan.adapt.source), folder.path, plan.adapt.old_data)))
    sentence = Forgetting(**folder.read_json(folder.forgetting)).sentence
    yield StageDone("forgotten", sentence, time.monotonic() - began)


def forgetting(old: str | Path, new: str | Path, source: object) -> Forgetting:
    """Return what a run that went on from another still knows of the other's question.

    Only the first network of each run is asked. Of data that names its parts the test part alone is scored. Other rows that the
    old run learnt from flatter it.

    Args:
        old: the run that was started from.
        new: the run that went on from it, of the same architecture.
        source: rows of the old question with their target: a path or a frame.

    Raises:
        RunError: a run that is not there or not finished.
        PlanError: runs of two architectures.
        ColumnError: no row has a target.
    """
    before, after = (load_network(RunFolder(Path(path)).read_plan(), RunFolder(Path(path)).member(0)) for path in (old, new))
    plan = RunFolder(Path(old)).read_plan()
    every = read(source, kind=plan.data.kind)
    tested = _tested(every)
    given, part = (every, "") if tested is None else (tested, "test")
    records = clean(parse(given, plan.schema).records, plan.schema, CleanPlan()).records
    if not len(records):
        raise ColumnError(f"No row of {records.source} has a value in '{plan.schema.target}', so nothing can be scored.")
    mixed = _with_body_of(after, before, old, new)
    truth = before.prepared.target_values(records)
    metric = main_metric(before.task, truth)
    scores = [metric.measure(truth, network.predict(records)) for network in (before, mixed)]
    return Forgetting(metric.name, scores[0], scores[1], len(records), part)


def _tested(records: Records) -> Records | None:
    """Return the test part of records that name their parts; None where they name none."""
    column = records.hints.part
    if column is None or column not in records.frame.columns:
        return None
    return records.take(np.flatnonzero(parts_of_column(records.frame.get_column(column), records.rows) == TEST))


def _with_body_of(new: Network, old: Network, old_path: str | Path, new_path: str | Path) -> Network:
    """Return the old network with the body of the new one."""
    mine, theirs = blocks_of(old.module), blocks_of(new.module)
    shapes = [[[one.shape for one in block.parameters] for block in blocks[:-1]] for blocks in (mine, theirs)]
    if shapes[0] != shapes[1]:
        raise PlanError(
            f"{old_path} and {new_path} are of two architectures ({type(old.module).__name__} and "
            f"{type(new.module).__name__}, or of other sizes), so that the head of one does not fit on the other. "
            "Give a run and one that was started --from it."
        )
    head = {id(one) for one in mine[-1].parameters}
    kept = {name for name, one in old.module.named_parameters() if id(one) in head}
    body = {name: value for name, value in new.module.state_dict().items() if name not in kept}
    module = copy.deepcopy(old.module)
    module.load_state_dict({**module.state_dict(), **body})
    return replace(old, module=module)
