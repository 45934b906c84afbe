"""The run folder: where each stage's file lies, written whole or not at all, checked when read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from espalier.core.errors import RunError
from espalier.core.files import write_json
from espalier.core.plan import PLAN_FORMAT, Plan
from espalier.core.plan_file import read_plan


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """The plan, with reasons."""
        return self.path / "plan.yaml"

    @property
    def data(self) -> Path:
        """Fingerprint and profile of the source."""
        return self.path / "data.json"

    @property
    def split(self) -> Path:
        """The part of each row."""
        return self.path / "split.parquet"

    @property
    def openings(self) -> Path:
        """When and why the test part was opened."""
        return self.path / "openings.json"

    @property
    def predictions(self) -> Path:
        """Predictions for the scored part."""
        return self.path / "predictions.parquet"

    @property
    def scorecard(self) -> Path:
        """Scores of the model and its baselines."""
        return self.path / "scorecard.json"

    @property
    def findings(self) -> Path:
        """What was found wrong."""
        return self.path / "findings.json"

    @property
    def importance(self) -> Path:
        """How much each column matters."""
        return self.path / "importance.json"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    def member(self, index: int) -> "MemberFolder":
        """Return the folder of one trained network; a run has one or, as an ensemble, several."""
        return MemberFolder(self.path / "members" / str(index))

    def read_plan(self) -> Plan:
        """Return the plan.

        Raises:
            RunError: this is no run folder, or one of another version of Espalier.
        """
        if not self.plan.is_file():
            raise RunError(f"{self.path} is no run folder: it has no plan.yaml. Give a folder that `espalier train` made.")
        plan = read_plan(self.plan)
        if plan.format != PLAN_FORMAT:
            raise RunError(
                f"{self.path} holds a plan of format {plan.format}; this version of Espalier reads format {PLAN_FORMAT}. "
                "Use the version that made it, or train again."
            )
        return plan

    def clear_unlearnt(self) -> None:
        """Take away what a run wrote that ended before anything was learnt; one that has learnt stays as it is."""
        if not (self.path / "members").exists():
            for path in (self.split, self.data, self.findings, self.openings, self.plan):
                path.unlink(missing_ok=True)

    def open_test(self, reason: str) -> int:
        """Write down that the test part is opened, and return how often it was, this time included."""
        openings = self.read_json(self.openings) if self.openings.exists() else []
        openings.append({"time": datetime.now(UTC).isoformat(timespec="seconds"), "reason": reason})
        write_json(self.openings, openings)
        return len(openings)

    def read_json(self, path: Path) -> Any:  # noqa: ANN401  any JSON value
        """Return the content of one of the run's JSON files.

        Raises:
            RunError: the file is missing, cut off or edited into something else.
        """
        return read_run_json(path)


@dataclass(frozen=True)
class MemberFolder:
    """The files of one trained network of a run.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def prepared(self) -> Path:
        """The fitted preparation."""
        return self.path / "prepared.json"

    @property
    def steps(self) -> Path:
        """Losses of each logged step."""
        return self.path / "steps.csv"

    @property
    def epochs(self) -> Path:
        """Losses and scores of each epoch."""
        return self.path / "epochs.csv"

    @property
    def findings(self) -> Path:
        """What the doctor found while it learnt."""
        return self.path / "findings.json"

    @property
    def last(self) -> Path:
        """The newest checkpoint: all that resuming needs."""
        return self.path / "checkpoints" / "last.safetensors"

    @property
    def best(self) -> Path:
        """The weights with the lowest validation loss."""
        return self.path / "checkpoints" / "best.safetensors"


def read_run_json(path: Path) -> Any:  # noqa: ANN401  any JSON value
    """Return the content of a JSON file of a run.

    Raises:
        RunError: the file is missing, cut off or edited into something else.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. The run is not finished: continue it with `espalier resume`.") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunError(f"{path} is no valid JSON ({error}): it was cut off or edited. Train again.") from error
