"""The run folder: where each stage's file lies, written whole or not at all, checked when read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from espalier.core.errors import RunError
from espalier.core.files import write_json
from espalier.core.plan import PLAN_FORMAT, Plan
from espalier.core.plan_file import MARK, read_plan

MADE_LAST = ("scorecard.json", "predictions.parquet", "importance.json")  # while one of them is absent, `resume` makes it
MADE_ON_THE_WAY = ("data.json", "findings.json", "epochs.csv")  # made anew on the way to an absent score card
MEMBERS = "members"
GROUP = "group"  # column of the predictions, in a run whose rows were split by group


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
    def forgetting(self) -> Path:
        """Scores on the question of the run that it started from."""
        return self.path / "forgetting.json"

    @property
    def rewritten(self) -> Path:
        """The windows that came out worst, and how the network wrote them; of a run that looks for anomalies."""
        return self.path / "rewritten.parquet"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    def member(self, index: int) -> "MemberFolder":
        """Return the folder of one trained network; a run has one or, as an ensemble, several."""
        return MemberFolder(self.path / MEMBERS / str(index))

    def read_plan(self) -> Plan:
        """Return the plan.

        Raises:
            RunError: this is no run folder, one whose plan was cut off, or one of another version of Espalier.
        """
        if not self.plan.is_file():
            raise RunError(f"{self.path} is no run folder: it has no plan.yaml. Give a folder that `espalier train` made.")
        last = self.plan.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
        if not last.startswith(MARK):
            raise RunError(
                f"{self.plan} does not end with the line '{MARK.strip()} ...' that Espalier writes last: it was cut off, or an "
                "older version of Espalier made this run. Put the whole file back, or train again."
            )
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
        raise missing_file(path) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise damaged_file(path, f"is no valid JSON ({error})") from error


def missing_file(path: Path) -> RunError:
    """Return the error for a file that a run should have, with the way to get it back."""
    run = _run_of(path)
    if path.name in MADE_LAST:
        return RunError(f"{path} is missing. The run is not finished: continue it with: espalier resume {run}")
    if path.name in MADE_ON_THE_WAY:
        also = f"delete {run / MADE_LAST[0]} and then run" if (run / MADE_LAST[0]).exists() else "run"
        return RunError(f"{path} is missing. To have it made anew, {also}: espalier resume {run}")
    return RunError(f"{path} is missing. {_train_again(run)}")


def damaged_file(path: Path, what: str) -> RunError:
    """Return the error for a file of a run that does not hold what a run writes there, with the way to get it back.

    Args:
        path: the file.
        what: what is wrong with it, as the rest of a sentence: "cannot be read (...)".
    """
    run, said = _run_of(path), f"{path} {what}: it was cut off or edited."
    if path.parent != run and path.name == "findings.json":
        return RunError(f"{said} Delete it to go on without what was found while the network learnt.")
    if path.name in MADE_LAST:
        return RunError(
            f"{said} The model is not touched by it: delete the file, and it is made anew by: espalier resume {run}"
        )
    if path.name in MADE_ON_THE_WAY:
        both = f"delete it and {run / MADE_LAST[0]}"
        return RunError(f"{said} The model is not touched by it: {both}, and both are made anew by: espalier resume {run}")
    return RunError(f"{said} {_train_again(run)}")


def _run_of(path: Path) -> Path:
    """Return the folder of the run that a file belongs to."""
    return path.parents[2] if path.parent.parent.name == MEMBERS else path.parent


def _train_again(run: Path) -> str:
    return f"Train again: espalier train {run / 'plan.yaml'} --out NEW_FOLDER"
