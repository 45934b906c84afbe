"""The repetition: the plan, the seed and the versions that give the same result again."""

import platform
from importlib.metadata import PackageNotFoundError, version

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section
from espalier.core.plan_file import render

PACKAGES = ("espalier", "torch", "numpy", "polars", "scikit-learn")


def build(facts: Facts) -> Section:
    """Return the section."""
    plan = facts.run.plan
    text, secret = render(plan), plan.data.source
    rows = [
        ("seed", str(plan.seed), "every random choice follows from it"),
        ("source", wording.without_secret(secret), ""),
        ("fingerprint", plan.data.fingerprint or str(facts.data.get("fingerprint", "")), "SHA-256 of the source’s content"),
        ("precision", plan.learning.precision, ""),
        ("threads", str(plan.learning.threads or ""), "results repeat bit for bit on the same machine with as many"),
    ]
    values = {
        "command": f"espalier train {facts.folder}/plan.yaml",
        "rows": [row for row in rows if row[1]],
        "versions": [("Python", platform.python_version()), *_versions()],
        "plan": text.replace(secret, wording.without_secret(secret)),
    }
    return Section("reproduce", "How to get the same result again", values)


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
