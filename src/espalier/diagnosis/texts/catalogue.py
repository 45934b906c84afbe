"""The catalogue of texts: one file for each sign, read when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from espalier.core.errors import unknown_name
from espalier.core.plain_yaml import read_yaml
from espalier.diagnosis.examine import FOLDERS, checks

ENGLISH = "en"
KOREAN = "ko"
LANGUAGES = (ENGLISH, KOREAN)


@dataclass(frozen=True)
class Variant:
    """One way to say something.

    Args:
        english: words of the English text that this one translates; empty when it translates any.
        text: with holes for the evidence, such as "{ratio:.0%}"; see `filling`.
    """

    english: str
    text: str


@dataclass(frozen=True)
class Translation:
    """The texts of one sign in one language.

    Args:
        what: what the sign is, how it is measured, and where its thresholds come from.
        sentence: what was found; the first variant that fits is taken.
        advice: what a person can do; none for a sign whose repairs say it.
        words: single words of the evidence, by their English ones.
    """

    what: str
    sentence: tuple[Variant, ...]
    advice: tuple[Variant, ...]
    words: Mapping[str, str]


@dataclass(frozen=True)
class Texts:
    """All texts of one sign.

    Args:
        title: a short name, by language.
        translations: by language; English has none, for its sentences stand in the check.
    """

    title: Mapping[str, str]
    translations: Mapping[str, Translation]


def known_language(name: str) -> str:
    """Return the language of this name.

    Raises:
        UnknownNameError: there are no texts in it.
    """
    if name.lower() not in LANGUAGES:
        raise unknown_name("language", name, LANGUAGES)
    return name.lower()


def title_of(sign: str, language: str) -> str:
    """Return the short name of a sign; empty for one without texts.

    Args:
        sign: its id.
        language: one of LANGUAGES.
    """
    texts = texts_of(sign)
    return "" if texts is None else texts.title[language]


def file_of(sign: str) -> str:
    """Return where the texts of a sign stand, from the folder of this package; empty when there is no such sign."""
    return _files().get(sign, "")


@cache
def texts_of(sign: str) -> Texts | None:
    """Return the texts of a sign by its id; None where there are none."""
    held = _read(file_of(sign)) if file_of(sign) else None
    if held is None:
        return None
    translations = {language: _translation(held[language]) for language in LANGUAGES if language in held}
    return Texts(held["title"], translations)


@cache
def repair_names(language: str) -> Mapping[str, str]:
    """Return the names of repairs in a language, by the English ones."""
    held: Mapping[str, Mapping[str, str]] = _read("repairs.yaml") or {}
    return held.get(language, {})


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Return the words around findings, such as those for their severity."""
    held: Mapping[str, Mapping[str, str]] = _read("phrases.yaml") or {}
    return {name: said[language] for name, said in held.items() if language in said}


@cache
def _files() -> Mapping[str, str]:
    return {
        module.ID: f"{folder}/{module.__name__.rpartition('.')[2]}.yaml"
        for folder in FOLDERS.values()
        for module in checks(folder)
    }


def _read(place: str) -> Any:  # noqa: ANN401  as the file writes it
    found = files("espalier.diagnosis.texts").joinpath(place)
    return read_yaml(found.read_text(encoding="utf-8")) if found.is_file() else None


def _translation(held: Mapping[str, Any]) -> Translation:
    return Translation(held["what"], _variants(held["sentence"]), _variants(held.get("advice", ())), held.get("words", {}))


def _variants(held: str | Sequence[Mapping[str, str]]) -> tuple[Variant, ...]:
    """Return variants as a file writes them: one text, or a list of texts with the English words that they translate."""
    if isinstance(held, str):
        return (Variant("", held),)
    return tuple(Variant(one.get("english", ""), one["say"]) for one in held)
