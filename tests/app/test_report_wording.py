"""Numbers, times and names as the report writes them."""

import math
from datetime import date, datetime

import pytest

from espalier.app.report import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (7, "7"),
        (-7, "−7"),
        (452_600, "452,600"),
        (48_213.4, "48,210"),
        (0.863412, "0.8634"),
        (0.5, "0.5"),
        (9.99996, "10"),
        (0.00012345, "0.0001234"),
        (0.00000321, "3.21 × 10⁻⁶"),
        (-2.5e18, "−2.5 × 10¹⁸"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_numbers_keep_four_digits_and_have_separators(value, text):
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.0425, "4.2 %"),
        (0.1, "10 %"),
        (0.995, "99.5 %"),
        (0.0004, "< 0.1 %"),
        (0.99999, "> 99.9 %"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_shares_are_never_rounded_to_nothing_or_all(fraction, text):
    assert wording.percent(fraction) == text.replace(" %", "\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0.4 ms"),
        (0.15, "150 ms"),
        (1, "1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3599.7, "1 h"),
        (7_265, "2 h 1 min"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_times_are_in_the_unit_that_suits_them(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("score", "decimals"),
    [((0.8634, 0.789, 0.937), 3), ((9437.4, 8826.0, 10048.0), 0), ((0.86341, 0.86291, 0.86401), 4), ((0.0, 0.0, 0.0), 3)],
)
def test_a_score_has_as_many_decimals_as_its_interval_carries(score, decimals):
    assert wording.decimals_of_score(*score) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (12_345, "12,345"),
        (-3, "−3"),
        (0.25, "0.25"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 8, 5), "2024-02-29 08:05:00"),
        ("수원시", "수원시"),
        (None, "–"),
    ],
)
def test_cells_are_written_in_words(value, text):
    assert wording.cell(value) == text


def test_values_of_the_source_are_written_as_they_stand_there():
    assert [wording.as_written(value) for value in (1987, 1987.0, 0.1, "1,5", None)] == ["1987", "1987", "0.1", "1,5", "–"]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/home/ann/houses.csv", "houses.csv"),
        ("C:\\data\\houses.csv", "houses.csv"),
        ("sample:wine", "sample:wine"),
        ("postgresql://ann:secret@db/sales", "sales"),
    ],
)
def test_a_source_is_named_without_folders_and_secrets(source, shown):
    assert wording.short_source(source) == shown


def test_lists_are_phrases():
    assert [wording.and_list(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_long_texts_are_cut_and_line_breaks_go():
    assert wording.shortened("one\n two", 20) == "one two"
    assert wording.shortened("abcdefgh", 5) == "abcd…"
