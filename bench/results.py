"""RESULTS.md: one section for each benchmark, replaced when it is run again, with date, machine and command."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def machine():
    """Return what was measured on, in one line."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    return f"{cores} cores of {cpu}, Python {platform.python_version()}, torch {version('torch')}"


def write_section(title, command, lines):
    """Put a section into RESULTS.md, in place of an older one with the same title."""
    text = RESULTS.read_text() if RESULTS.exists() else "# Results\n\nAs measured; `make bench` makes them anew.\n"
    head, *sections = text.split("\n## ")
    kept = [section for section in sections if not section.startswith(f"{title}\n")]
    facts = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Command: `{command}`."
    kept.append("\n".join([title, "", facts, "", *lines]) + "\n")
    RESULTS.write_text("\n## ".join([head, *sorted(kept)]))
