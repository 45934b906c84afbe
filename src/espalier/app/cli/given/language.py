"""The language of findings: what was typed, else what the environment variable ESPALIER_LANGUAGE says, else English."""

import os

from espalier.diagnosis.texts.catalogue import ENGLISH, known_language

VARIABLE = "ESPALIER_LANGUAGE"


def language_of(typed: str | None) -> str:
    """Return the language to print in.

    Args:
        typed: after --language; None when it was left out.

    Raises:
        UnknownNameError: there are no texts in it.
    """
    return known_language(typed or os.environ.get(VARIABLE, "") or ENGLISH)
