from pathlib import Path

import pytest

from espalier.app.cli.given.run_folders import existing_run, fresh_folder, stem_of
from espalier.core.errors import RunError, StorageError


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_runs_of_one_source_are_numbered_from_one():
    for number in (1, 2):
        with fresh_folder(None, "data/houses.csv.gz") as folder:
            assert folder == Path(f"runs/houses-{number}")
            (folder / "plan.yaml").touch()


def test_a_folder_into_which_nothing_was_written_is_gone_afterwards():
    with pytest.raises(RuntimeError), fresh_folder(None, "houses.csv") as folder:
        raise RuntimeError
    assert not folder.exists()


def test_a_folder_with_a_run_in_it_is_refused_and_resume_is_offered():
    Path("mine").mkdir()
    Path("mine/plan.yaml").touch()
    with (
        pytest.raises(StorageError, match="mine holds a run already. Continue it with `espalier resume mine`"),
        fresh_folder(Path("mine"), "a"),
    ):
        pass


def test_a_folder_with_other_files_in_it_is_refused_and_left_alone():
    Path("mine").mkdir()
    Path("mine/thesis.doc").touch()
    with pytest.raises(StorageError, match="mine is not empty"), fresh_folder(Path("mine"), "a"):
        pass
    assert Path("mine/thesis.doc").exists()


def test_a_file_in_the_place_of_the_folder_is_refused():
    Path("mine").touch()
    with (
        pytest.raises(StorageError, match="Cannot make the folder mine: .* Name another one with --out"),
        fresh_folder(Path("mine"), "a"),
    ):
        pass


def test_a_file_in_the_place_of_the_folder_of_all_runs_is_refused():
    Path("runs").touch()
    with pytest.raises(StorageError, match="runs is a file, so no run can be put there"), fresh_folder(None, "a.csv"):
        pass


def test_a_misspelt_run_is_answered_with_the_nearest():
    Path("runs/titanic-1").mkdir(parents=True)
    with pytest.raises(RunError, match=r"There is no run runs/titanc-1\. Did you mean runs/titanic-1\?"):
        existing_run(Path("runs/titanc-1"))
    with pytest.raises(RunError, match=r"There is no run titanic-1\. Did you mean runs/titanic-1\?"):
        existing_run(Path("titanic-1"))


def test_a_file_is_no_run():
    Path("plan.yaml").touch()
    with pytest.raises(RunError, match="plan.yaml is a file. Expected the folder of a run"):
        existing_run(Path("plan.yaml"))


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("titanic.csv", "titanic"),
        ("/a/b/My Houses (2).tar.csv.zst", "My_Houses_2"),
        ("C:\\data\\wine.parquet", "wine"),
        ("sample:digits", "digits"),
        ("sqlite:///shop.db", "shop"),
        ("고객.csv", "고객"),
        (".hidden.csv", "hidden_csv"),
        ("///", "run"),
    ],
)
def test_a_run_is_named_after_its_source(source, stem):
    assert stem_of(source) == stem
