"""Write docs/findings/: a page for each sign that the doctor knows, and an index of them by family.

python docs/make_findings.py             from src/espalier/diagnosis alone
python docs/make_findings.py --examples  take the sick examples of the tests anew first
"""

import json
import sys
from pathlib import Path

from espalier.core.finding import Finding
from espalier.diagnosis.pages import EXAMPLES, Page, pages

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "findings"
EXAMPLES_FILE = ROOT / "src" / "espalier" / "diagnosis" / EXAMPLES
FAMILIES = {
    "D": "The data",
    "S": "The split",
    "W": "The wiring of model, loss, optimizer and batch",
    "T": "The training",
    "G": "Generalisation",
}
LEVELS = {"stop": "stop: training on would be wrong", "warn": "warning: the result is in doubt", "note": "note: worth knowing"}
NUM_ROWS = 3  # of an example


def examples() -> dict[str, Finding]:
    """Return the finding of each sign's sick example in the tests, by id."""
    sys.path.insert(0, str(ROOT / "tests"))
    from contracts.test_checks import MODULES, PAIRS

    found = [MODULES[sign].check(PAIRS[sign](True)) for sign in MODULES if sign in PAIRS]
    return {one.id: one for one in sorted(found, key=lambda one: one.id)}


def plain(finding: Finding) -> dict[str, object]:
    """Return plain values of a finding, with a few of its rows: they are lines of a made-up table."""
    return {**finding.to_mapping(), "rows": finding.rows[:NUM_ROWS]}


def documents() -> dict[str, str]:
    """Return the text of every page by its file name."""
    known = pages()
    return {"README.md": index(known), **{f"{id_}.md": document(page) for id_, page in known.items()}}


def index(known: dict[str, Page]) -> str:
    """Return the table of all signs by family."""
    parts = [
        "# What the doctor looks for",
        f"{len(known)} signs. `espalier diagnose RUN` names those that a run shows, worst first; `espalier diagnose --why T07` "
        "prints a page of these. Written by `make docs` from `src/espalier/diagnosis`.",
    ]
    for letter, family in FAMILIES.items():
        rows = [f"| [{id_}]({id_}.md) | {cell(page.paragraphs[0])} |" for id_, page in known.items() if id_[0] == letter]
        if rows:
            parts.append("\n".join([f"## {family}\n", "| Sign | What it is |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def document(page: Page) -> str:
    """Return the page of one sign."""
    first, *rest = page.paragraphs
    parts = [f"# {page.id}", first, f"Looked for {page.place}.", "## How it is measured", page.rule, *rest]
    if page.thresholds:
        rows = [f"| {cell(one.name)} | {one.value} | {cell(one.meaning)} |" for one in page.thresholds]
        parts += ["## Thresholds", "\n".join(["| Number | Value | Meaning |", "|---|---|---|", *rows])]
    if page.explained_by:
        links = "\n".join(f"- [{id_}]({id_}.md)" for id_ in page.explained_by)
        parts += ["## What explains it", "When one of these is found too, it is the cause and comes first:", links]
    if page.fixes:
        parts.append("## How to fix it by hand")
        parts += ["What was found tells which:"] * (len(page.fixes) > 1)
        parts.append("\n".join(f"- {fix}" for fix in page.fixes) if len(page.fixes) > 1 else page.fixes[0])
    if page.example is not None:
        parts += ["## An example", f"> {page.example.sentence}", f"Told as a {LEVELS[page.example.severity]}."]
        repairs = [f"- {one.name}" for one in page.example.repairs]
        parts += ["Offered as repairs, each an edit of the plan:", "\n".join(repairs)] if repairs else []
    parts.append("[All signs](README.md)")
    return "\n\n".join(parts) + "\n"


def cell(text: str) -> str:
    """Return text that does not end a cell of a table."""
    return text.replace("|", "\\|")


def main() -> None:
    """Write every page, and take away those of signs that are no more."""
    if "--examples" in sys.argv[1:]:
        held = {id_: plain(one) for id_, one in examples().items()}
        EXAMPLES_FILE.write_text(json.dumps(held, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = documents()
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
