"""The use: the exact commands and lines that answer new rows with this run."""

import shlex
from dataclasses import dataclass

from espalier.app.report import wording
from espalier.app.report.facts import PACKED_SUFFIXES, PROBABILITY, Facts
from espalier.app.report.gallery import short_name
from espalier.app.report.sections.calibration import QUANTILE
from espalier.app.report.sections.data import KINDS, columns_read
from espalier.app.report.sections.section import Section

NUM_EXAMPLES = 3
MAX_COLUMNS = 5  # probabilities shown in the example of an answer
SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx")
NAME_WHEN_FRAME = ".csv"


@dataclass(frozen=True)
class Needed:
    """One column that new rows must have.

    Args:
        name: as in the training data.
        kind: in words.
        example: a value of it.
    """

    name: str
    kind: str
    example: str


def build(facts: Facts) -> Section:
    """Return the section."""
    source = facts.run.plan.data.source.lower()
    for packed in PACKED_SUFFIXES:
        source = source.removesuffix(packed)
    suffix = next((one for one in SUFFIXES if source.endswith(one)), NAME_WHEN_FRAME)
    folder = shlex.quote(facts.folder)
    is_folder = facts.reads_album
    rows, known = (
        ("new_pictures", "pictures_with_answers") if is_folder else (f"new_rows{suffix}", f"rows_with_answers{suffix}")
    )
    columns, answers, num_more = _answers(facts)
    values = {
        "folder": facts.folder,
        "predict": f"espalier predict {folder} {rows} --out answers.csv",
        "evaluate": f"espalier evaluate {folder} {known}",
        "compare": f"espalier compare {folder} ANOTHER_RUN",
        "python": _python(facts, rows, is_folder=is_folder),
        "needed": _needed(facts),
        "columns": columns,
        "answers": answers,
        "num_more": num_more,
        "target": facts.target,
        "is_folder": is_folder,
    }
    return Section("use", "How to use the model", values)


def _python(facts: Facts, rows: str, *, is_folder: bool) -> str:
    """Return lines of Python that answer new rows."""
    lines = [
        "import espalier",
        "",
        f"run = espalier.load({facts.folder!r})",
        f'answers = run.predict("{rows}")  # or {"a .zip, .npz or .npy file" if is_folder else "a pandas or polars frame"}',
        'print(answers["prediction"])',
        "",
        "module = run.module  # the plain torch.nn.Module",
    ]
    return "\n".join(lines)


def _needed(facts: Facts) -> list[Needed]:
    schema, profile = facts.run.schema, facts.run.profile
    needed = []
    for name in columns_read(schema):
        column = profile.columns.get(name)
        example = wording.example(column.examples[0]) if column is not None and column.examples else wording.NOT_KNOWN
        needed.append(Needed(name, KINDS[schema.columns[name].kind], example))
    return needed


def _answers(facts: Facts) -> tuple[list[str], list[list[str]], int]:
    """Return the columns of the answer, a few lines of it, and how many probabilities are left out."""
    held = [name for name in facts.scored.columns if name.startswith((PROBABILITY, QUANTILE))]
    columns = ["prediction", *held[:MAX_COLUMNS]]
    some = facts.scored.head(NUM_EXAMPLES)
    rows = [[wording.cell(value) for value in row] for row in some.select(columns).rows()]
    if facts.pictures is not None and facts.gallery is not None:
        columns = [facts.pictures.column, *columns]
        rows = [[short_name(facts.gallery.name(row)), *cells] for row, cells in zip(some["row"], rows, strict=True)]
    return columns, rows, max(len(held) - MAX_COLUMNS, 0)
