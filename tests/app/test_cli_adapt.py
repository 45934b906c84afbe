"""`espalier train --weights | --from | --adapt`: what is learnt on, and what is refused in one sentence."""

import pytest
import torch

from espalier.app.cli.given.options import adapting
from espalier.app.cli.main import launch
from espalier.core.errors import PlanError, UnknownNameError
from espalier.core.run_folder import RunFolder
from espalier.training.checkpoint import read_checkpoint
from pictures import write_folder

SETTINGS = ("learning.learning_rate=0.01", "learning.precision=float32", "learning.threads=1", "prepare.pictures.augment=[]")
QUICK = ["--quiet", "--set", "baselines=['majority class']", *(word for one in SETTINGS for word in ("--set", one))]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a run on bars and squares; its pictures lie beside it."""
    folder = tmp_path_factory.mktemp("adapt")
    write_folder(folder / "pictures")
    options = ["--model", "fast-cnn-tiny", "--epochs", "1", "--out", str(folder / "run"), *QUICK]
    assert launch(["train", str(folder / "pictures"), *options]) == 0
    return folder / "run"


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (None, {}),
        ("frozen", {"adapt.how": "frozen"}),
        ("gradual", {"adapt.how": "gradual"}),
        ("full", {"adapt.how": "full"}),
        ("last:3", {"adapt.how": "last", "adapt.layers": 3}),
    ],
)
def test_the_way_is_read(text, changes):
    assert adapting(text) == changes


@pytest.mark.parametrize("text", ["last", "last:", "last:0", "last:two", "full:2", "last:-1"])
def test_a_number_of_blocks_belongs_to_last_alone(text):
    with pytest.raises(PlanError, match="expected a number of blocks behind 'last' alone.*--adapt last:2"):
        adapting(text)


def test_an_unknown_way_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no way to adapt 'gradul'. Did you mean 'gradual'"):
        adapting("gradul")


def test_a_run_goes_on_from_a_run_as_asked(run, tmp_path):
    options = ["--from", str(run), "--adapt", "last:2", "--epochs", "2", "--out", str(tmp_path / "new"), *QUICK]
    assert launch(["train", str(run.parent / "pictures"), *options]) == 0
    plan = RunFolder(tmp_path / "new").read_plan()
    assert (plan.adapt.source, plan.adapt.how, plan.adapt.layers) == (str(run.resolve()), "last", 2)
    assert plan.reasons["adapt.how"] == plan.reasons["adapt.source"] == "you asked for it"
    assert plan.model.name == "fast-cnn-tiny"


def test_a_written_plan_goes_on_from_the_same_weights(run, tmp_path):
    weights = RunFolder(run).member(0).best
    pictures = str(run.parent / "pictures")
    first = ["--weights", str(weights), "--epochs", "1", "--out", str(tmp_path / "first"), *QUICK]
    assert launch(["train", pictures, *first]) == 0
    assert launch(["train", str(tmp_path / "first" / "plan.yaml"), "--out", str(tmp_path / "again"), "--quiet"]) == 0
    one, other = (read_checkpoint(RunFolder(tmp_path / name).member(0).best).tensors for name in ("first", "again"))
    assert all(torch.equal(one[name], other[name]) for name in one)


WRONG = {
    "no such run": (["--from", "nowhere"], "nowhere is no run folder: it has no plan.yaml"),
    "no such file": (["--weights", "nowhere.pth"], "There is no file nowhere.pth"),
    "both": (["--from", "RUN", "--weights", "x.pth"], "are both given to start from; leave one out"),
    "a way without weights": (["--adapt", "frozen"], "there are no learnt weights to adapt"),
    "an unknown way": (["--from", "RUN", "--adapt", "frozn"], "Did you mean 'frozen'?"),
    "another model": (["--from", "RUN", "--model", "resnet-tiny"], "trained the model 'fast-cnn-tiny'"),
    "other channels": (["--from", "RUN", "--set", "prepare.pictures.channels=3"], "reads pictures of 1 channel (grey)"),
    "another architecture": (["--weights", "BEST", "--model", "resnet-tiny"], "try --model fast-cnn-tiny"),
    "an unknown key": (["--from", "RUN", "--set", "adapt.hou=full"], "Did you mean 'adapt.how'?"),
    "a rate that rises": (["--from", "RUN", "--set", "adapt.rate_decay=0.5"], "adapt.rate_decay is 0.5;"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_said_in_one_sentence(name, run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options, sentence = WRONG[name]
    named = {"RUN": str(run), "BEST": str(RunFolder(run).member(0).best)}
    assert launch(["train", str(run.parent / "pictures"), *(named.get(one, one) for one in options)]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []
