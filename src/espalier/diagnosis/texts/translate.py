"""Translate: a finding, or the page of a sign, in another language."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from espalier.core.finding import Finding, Repair
from espalier.diagnosis.pages import Page
from espalier.diagnosis.texts.catalogue import ENGLISH, Translation, Variant, file_of, phrases, repair_names, texts_of
from espalier.diagnosis.texts.filling import fill, holes, named
from espalier.diagnosis.wording import named as english_named

ROLE = "schema.columns.", ".role"  # around a column's name in an edit of the plan


def translated(finding: Finding, language: str) -> Finding:
    """Return a finding with sentence, advice and names of repairs in a language; what it has found stays.

    A text that the catalogue cannot give stays English and says so at its end.

    Args:
        finding: as found, in English.
        language: one of LANGUAGES.
    """
    if language == ENGLISH:
        return finding
    ours = _translation(finding.id, language)
    return replace(
        finding,
        sentence=_said(finding.sentence, ours.sentence, finding, language),
        advice=_said(finding.advice, ours.advice, finding, language) if finding.advice else "",
        repairs=tuple(Repair(repair_name(one, language), one.changes) for one in finding.repairs),
    )


def translated_page(page: Page, language: str) -> Page:
    """Return a page in a language; thresholds keep the names that they have in the code.

    Args:
        page: in English.
        language: one of LANGUAGES.
    """
    if language == ENGLISH:
        return page
    ours = _translation(page.id, language)
    if not ours.what:
        return replace(page, text=f"{page.text} {phrases(language)['untranslated']}")
    example = None if page.example is None else translated(page.example, language)
    first = [example.advice] if example is not None and example.advice else []
    return replace(
        page,
        place=phrases(language)["place_" + file_of(page.id).partition("/")[0]],
        text=ours.what,
        rule="",
        thresholds=tuple(replace(one, meaning="") for one in page.thresholds),
        fixes=tuple(dict.fromkeys([*first, *_whole(ours.advice)])),
        example=example,
    )


def repair_name(repair: Repair, language: str) -> str:
    """Return the name of a repair in a language; the English one, marked, where there is none.

    Args:
        repair: with its English name.
        language: one of LANGUAGES.
    """
    if language == ENGLISH:
        return repair.name
    columns = _columns(repair)
    english = {"columns": english_named(columns), "column": columns[0] if columns else ""}
    ours = {"columns": named(columns), "column": english["column"]}
    for name, text in repair_names(language).items():
        if name.format(**english) == repair.name:
            return text.format(**ours)
    return f"{repair.name} {phrases(language)['untranslated']}"


def _translation(sign: str, language: str) -> Translation:
    """Return the texts of a sign in a language; empty ones where there are none."""
    texts = texts_of(sign)
    nothing = Translation("", (), (), {})
    return nothing if texts is None else texts.translations.get(language, nothing)


def _said(english: str, variants: Sequence[Variant], finding: Finding, language: str) -> str:
    """Return a text of a finding in a language, or the English one, marked.

    Args:
        english: the text as found.
        variants: translations, of which the first that fits is taken.
        finding: which fills the holes.
        language: one of LANGUAGES.
    """
    words = _translation(finding.id, language).words
    fitting = (fill(one.text, finding, words) for one in variants if one.english in english)
    said = next((one for one in fitting if one is not None), None)
    return f"{english} {phrases(language)['untranslated']}" if said is None else said


def _columns(repair: Repair) -> Sequence[str]:
    """Return the columns that a repair is about: whose role it changes, or by which it splits."""
    start, end = ROLE
    by_role = [path[len(start) : -len(end)] for path in repair.changes if path.startswith(start) and path.endswith(end)]
    by_split = repair.changes.get("split.column")
    return by_role or ([by_split] if isinstance(by_split, str) else [])


def _whole(variants: Sequence[Variant]) -> Iterator[str]:
    """Yield the texts without holes."""
    yield from (one.text for one in variants if not holes(one.text))
