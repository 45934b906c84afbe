"""The texts of the signs: every sign has them in every language, and what they say is what was found."""

import ast
import inspect
import math
import re
from dataclasses import replace
from importlib import import_module
from importlib.resources import files

import pytest

from contracts.test_checks import MODULES, sick
from espalier.core.catalogue import modules_of
from espalier.core.errors import UnknownNameError
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plain_yaml import read_yaml
from espalier.diagnosis.pages import pages
from espalier.diagnosis.texts.catalogue import (
    KOREAN,
    LANGUAGES,
    file_of,
    known_language,
    phrases,
    repair_names,
    texts_of,
    title_of,
)
from espalier.diagnosis.texts.filling import fill, holes, values_of
from espalier.diagnosis.texts.translate import repair_name, translated, translated_page

HOME = files("espalier.diagnosis.texts")
MARK = "(영어 원문)"
HANGUL = re.compile("[가-힣]")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
SOURCE = re.compile(r"\b[ABC]\d+")  # of the fault catalogue
PART = re.compile(r"([\d,]+)(만?)분의 (\d+)")
ON_A_PAGE = re.compile(NUMBER.pattern + r"|\.\d+")
PARTS_IN_WORDS = {
    "half": 0.5,
    "tenth": 0.1,
    "quarter": 0.25,
    "third": 1 / 3,
    "fifth": 0.2,
    "thousandth": 1e-3,
    "millionth": 1e-6,
}
OWN = {"columns", "column", "modules", "module", "rows", "first"}
SIGNS = sorted(MODULES)
PARTICLE = re.compile(r"(?P<hole>\{[^}]*\})['\"]?(이|가|은|는|을|를|과|와|로|으로)(?=[\s,.])")
FIXED_END = re.compile(r"%\}$")  # always read "percent"

every_sign = pytest.mark.parametrize("sign", SIGNS, ids="-".join)


def id_of(sign):
    return MODULES[sign].ID


def korean(sign):
    """Return the Korean texts of a sign, or fail and say where they belong."""
    texts = texts_of(id_of(sign))
    model = f"src/espalier/diagnosis/texts/{'/'.join(sign)}.yaml"
    if texts is None:
        pytest.fail(f"{id_of(sign)} has no texts. Write {model} with title, what, sentence and advice, as its neighbours do.")
    missing = [f"title in {language}" for language in LANGUAGES if not texts.title.get(language)]
    if missing or KOREAN not in texts.translations:
        pytest.fail(f"{model} lacks {', '.join(missing) or 'the texts under ' + KOREAN}.")
    return texts.translations[KOREAN]


def variants(sign):
    ours = korean(sign)
    return [*ours.sentence, *ours.advice]


def homes(sign):
    """Return the syntax trees of a check and of what it imports of the diagnosis."""
    tree = ast.parse(inspect.getsource(MODULES[sign]))
    names = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    others = [import_module(name) for name in names if name.startswith("espalier.diagnosis")]
    return [tree, *(ast.parse(inspect.getsource(one)) for one in others)]


def written_texts(tree):
    """Return every text of a file, what is put in left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)] + [len(value), sum_of(value)]
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in leaves(one)] + [len(value)]
    if isinstance(value, str):
        return [float(one.replace(",", "")) for one in NUMBER.findall(value)]
    return [float(value)] if isinstance(value, int | float) else []


def sum_of(value):
    return sum(one for one in value.values() if isinstance(one, int | float))


def shown_as(token, value):
    """Return whether a number in a sentence may be this value, or this share in percent."""
    shown = float(token.replace(",", ""))
    decimals = len(token.partition(".")[2]) if "e" not in token else 0
    for one in (value, 100 * value):
        if shown == round(one, decimals) or any(shown == float(f"{one:.{digits}g}") for digits in range(1, 8)):
            return True
    return False


@every_sign
def test_a_sign_has_its_texts_in_every_language(sign):
    ours = korean(sign)
    assert HANGUL.search(ours.what)
    assert ours.what.endswith(".")
    assert len(ours.what) > 60
    assert all(HANGUL.search(one.text) for one in variants(sign))
    assert all(title_of(id_of(sign), language) for language in LANGUAGES)
    assert HANGUL.search(title_of(id_of(sign), KOREAN))


def test_every_file_of_texts_belongs_to_a_sign():
    held = {f"{folder.name}/{one.name}" for folder in HOME.iterdir() if folder.is_dir() for one in folder.iterdir()}
    files_of_texts = {name for name in held if name.endswith(".yaml")}
    assert files_of_texts == {file_of(id_of(sign)) for sign in SIGNS}


@every_sign
def test_a_file_of_texts_holds_no_words_that_nobody_reads(sign):
    held = read_yaml(HOME.joinpath(file_of(id_of(sign))).read_text(encoding="utf-8"))
    assert set(held) == {"title", KOREAN}
    assert set(held["title"]) == set(LANGUAGES)
    assert set(held[KOREAN]) <= {"what", "sentence", "advice", "words"}
    for field in ("sentence", "advice"):
        several = held[KOREAN].get(field, ())
        assert isinstance(several, str) or all(set(one) <= {"english", "say"} for one in several)


@every_sign
def test_a_sick_example_is_told_in_korean(sign):
    found = sick(sign)
    told = translated(found, KOREAN)
    texts = [told.sentence, *([told.advice] if found.advice else []), *(one.name for one in told.repairs)]
    assert [text for text in texts if MARK in text or not HANGUL.search(text)] == []
    assert told.sentence.endswith(".")
    assert bool(told.advice) == bool(found.advice)
    assert replace(told, sentence=found.sentence, advice=found.advice, repairs=found.repairs) == found
    assert [one.changes for one in told.repairs] == [one.changes for one in found.repairs]


@every_sign
def test_every_number_of_the_korean_sentence_was_found(sign):
    found = sick(sign)
    said = translated(found, KOREAN).sentence
    english = set(NUMBER.findall(found.sentence))
    known = leaves(dict(found.evidence)) + [len(found.columns), len(found.modules), len(found.modules) - 3, *found.rows]
    strange = [one for one in NUMBER.findall(said) if one not in english and not any(shown_as(one, value) for value in known)]
    assert strange == []
    assert english & set(NUMBER.findall(said)), (found.sentence, said)


@every_sign
def test_every_hole_of_a_text_is_evidence_that_the_check_gives(sign):
    keys = {
        key.value
        for tree in homes(sign)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    } | set(sick(sign).evidence)
    assert {name for one in variants(sign) for name in holes(one.text)} - OWN <= keys


@every_sign
def test_every_variant_can_be_filled(sign):
    found, words = sick(sign), korean(sign).words
    known = values_of(found)
    for one in variants(sign):
        lacking = [name for name in holes(one.text) if name not in known and name not in OWN]
        more = {name: ["a"] if isinstance(found.evidence.get(name), list) else 1 for name in lacking}
        filled = fill(one.text, replace(found, evidence={**found.evidence, **more}), words)
        assert filled is not None or set(holes(one.text)) & (OWN - set(known)), one.text


@every_sign
def test_words_that_choose_a_variant_stand_in_the_check(sign):
    written = [text for tree in homes(sign) for text in written_texts(tree)]
    lost = [one.english for one in variants(sign) if not any(one.english in text for text in written)]
    assert lost == [], f"{file_of(id_of(sign))}: no English text of the check holds these words any more"


@every_sign
def test_every_number_of_the_korean_page_stands_on_the_english_one(sign):
    page = pages()[id_of(sign)]
    ours = korean(sign).what
    english = f"{page.text} {page.rule} {' '.join(one.value + ' ' + one.meaning for one in page.thresholds)}"
    assert set(SOURCE.findall(ours)) <= set(SOURCE.findall(english))
    shares = [int(top) / int(whole.replace(",", "")) / (1e4 if many else 1) for whole, many, top in PART.findall(ours)]
    known = {0.0, 1.0, *(float(one.replace(",", "")) for one in ON_A_PAGE.findall(SOURCE.sub("", english)))}
    known |= {share for word, share in PARTS_IN_WORDS.items() if word in english}
    told = [float(one.replace(",", "")) for one in NUMBER.findall(SOURCE.sub("", PART.sub("", ours)))]
    within = {value for one in known for value in (one, 100 * one, one / 100)}
    strange = [one for one in (*told, *shares) if not any(math.isclose(one, value, abs_tol=1e-12) for value in within)]
    assert strange == []


@every_sign
def test_no_particle_hangs_on_a_number_or_a_name(sign):
    hanging = [
        found.group(0) for one in variants(sign) for found in PARTICLE.finditer(one.text) if not FIXED_END.search(found["hole"])
    ]
    assert hanging == []


def test_of_a_list_that_is_cut_short_no_rest_is_counted():
    layers = tuple(f"layers.{place}" for place in range(10))  # of 57, say
    told = translated(replace(sick(("wiring", "weights_without_gradient")), modules=layers), KOREAN).sentence
    assert "'layers.0', 'layers.1', 'layers.2' 등" in told
    assert [sign for sign in SIGNS for one in variants(sign) if "{modules:named" in one.text] == []


def test_every_repair_has_a_korean_name_and_every_name_a_repair():
    names = {module.NAME for module in modules_of("espalier.diagnosis.repairs")}
    assert names <= set(repair_names(KOREAN))
    modules = [*MODULES.values(), *modules_of("espalier.diagnosis.repairs"), import_module("espalier.diagnosis.wording")]
    written = {re.sub(r"\{.*?\}", "{}", text) for one in modules for text in written_texts(ast.parse(inspect.getsource(one)))}
    assert {name for name in repair_names(KOREAN) if re.sub(r"'?\{.*?\}'?", "{}", name) not in written} - {
        "split by '{column}', early rows first"
    } == set()


def test_a_repair_names_its_columns_in_korean():
    changes = {f"schema.columns.{name}.role": "ignored" for name in "abcd"}
    assert repair_name(Repair("leave out 'a', 'b', 'c' and 1 more", changes), KOREAN) == "'a', 'b', 'c' 외 1개 열 빼기"


def test_a_finding_that_lacks_evidence_stays_english_and_says_so():
    bare = replace(sick(("course", "not_learning")), evidence={})
    told = translated(bare, KOREAN)
    assert told.sentence == f"{bare.sentence} {MARK}"
    assert HANGUL.search(told.advice)


def test_a_finding_of_an_unknown_sign_stays_english_and_says_so():
    strange = Finding("X99-strange", "Something.", Severity.NOTE, advice="Look.", repairs=(Repair("shake it", {}),))
    told = translated(strange, KOREAN)
    assert (told.sentence, told.advice, told.repairs[0].name) == (f"Something. {MARK}", f"Look. {MARK}", f"shake it {MARK}")


def test_evidence_of_another_kind_than_a_text_takes_is_no_fault():
    odd = replace(sick(("course", "not_learning")), evidence={"steps": "many", "recent": None, "prior": [1]})
    assert translated(odd, KOREAN).sentence.endswith(MARK)


def test_english_is_left_as_it_is():
    found = sick(("course", "dying_relu"))
    assert translated(found, "en") is found
    page = pages()[found.id]
    assert translated_page(page, "en") is page


@pytest.mark.parametrize("page", pages().values(), ids=lambda page: page.id)
def test_a_page_is_told_in_korean(page):
    told = translated_page(page, KOREAN)
    assert HANGUL.search(told.place)
    assert told.text == texts_of(page.id).translations[KOREAN].what
    assert [(one.name, one.value) for one in told.thresholds] == [(one.name, one.value) for one in page.thresholds]
    assert all(HANGUL.search(fix) for fix in told.fixes)
    assert bool(told.fixes) == bool(page.fixes)


def test_the_page_of_a_sign_without_texts_stays_english_and_says_so():
    page = replace(next(iter(pages().values())), id="X99-strange")
    assert translated_page(page, KOREAN) == replace(page, text=f"{page.text} {MARK}")


def test_every_phrase_around_findings_is_there_in_korean_with_the_holes_of_the_english_one():
    english, ours = phrases("en"), phrases(KOREAN)
    assert [name for name, said in ours.items() if not HANGUL.search(said)] == []
    assert set(english) <= set(ours)
    assert [name for name in english if set(holes(ours[name])) != set(holes(english[name]))] == []


def test_an_unknown_language_is_answered_with_the_known_ones():
    assert known_language("KO") == KOREAN
    with pytest.raises(UnknownNameError, match="There is no language 'fr'. There are: en, ko."):
        known_language("fr")
