"""How findings name pictures in their sentences."""

from espalier.data.parse import LINE_SUFFIXES
from espalier.data.pictures.survey import Named
from espalier.diagnosis.wording import MAX_SHOWN_COLUMNS, joined


def shown(found: Named, source: str = "") -> str:
    """Return the first three pictures by name as part of a sentence, each with what is said of it.

    Args:
        found: the pictures.
        source: of their names; in a text file their lines are told too.

    Example:
        >>> shown(Named(4, (1, 2), ("a.png", "b.png"), ("it is cut off", "the file is empty")))
        "'a.png' (it is cut off), 'b.png' (the file is empty) and 2 more"
        >>> shown(Named(1, (7,), ("a.png",)))
        "'a.png'"
    """
    said = [f" ({one})" for one in found.said] or [""] * len(found.names)
    if found.said and any(suffix in source.lower() for suffix in LINE_SUFFIXES):
        said = [f" (line {row:,}: {one})" for row, one in zip(found.rows, found.said, strict=True)]
    parts = [f"'{name}'{why}" for name, why in zip(found.names, said, strict=True)][:MAX_SHOWN_COLUMNS]
    rest = found.count - len(parts)
    return joined([*parts, f"{rest:,} more"] if rest else parts)
