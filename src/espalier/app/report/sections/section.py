"""What a section is to the page: an anchor, a heading, a template and the values that the template shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Section:
    """One section.

    Args:
        name: anchor on the page and name of its template, for example "scores".
        title: heading.
        values: what the template shows.
    """

    name: str
    title: str
    values: Mapping[str, object]


def drawn(chart: str) -> Markup:
    """Return a chart for a template. Its function has escaped every word of the person's data already."""
    return Markup(chart)
