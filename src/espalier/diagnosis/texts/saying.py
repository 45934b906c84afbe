"""Saying: a sentence by its name in the catalogue and what stands in its holes, so that it can be told in each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from espalier.diagnosis.texts.catalogue import ENGLISH, phrases


@dataclass(frozen=True)
class Said:
    """One sentence.

    Args:
        name: of the sentence in `phrases.yaml`.
        values: what stands in its holes.
    """

    name: str
    values: Mapping[str, object] = field(default_factory=dict)


def say(sentences: Sequence[Said], language: str = ENGLISH) -> str:
    """Return sentences in a language.

    Args:
        sentences: in order.
        language: one of LANGUAGES.

    Example:
        >>> say([Said("repair_gone", {"sign": "T06"})])
        'T06 is gone.'
    """
    words = phrases(language)
    return " ".join(words[one.name].format(**one.values) for one in sentences)
