"""Where the tests find real data: the folder named by ESPALIER_DATA, or `shared/data` beside the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("ESPALIER_DATA") or ROOT.parent / "shared" / "data")


def data_file(name: str) -> Path:
    """Return the path of a real data file; skip the test only where the whole folder is absent."""
    if not FOLDER.is_dir():
        pytest.skip(f"no data folder {FOLDER}")
    return FOLDER / name
