"""YAML 1.2 is read, and what is written is read back by readers of both versions."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.core.plain_yaml import one_line, read_yaml

LOOKS_LIKE_SOMETHING = [
    *(
        "1e-3",
        "1E5",
        "1e5",
        ".5",
        "5.",
        "-1.5e+3",
        "+12",
        "12",
        "010",
        "0o17",
        "0x1F",
        "1_000",
        "1:30",
        ".inf",
        "-.INF",
        ".NaN",
    ),
    *("yes", "no", "on", "off", "y", "true", "False", "null", "~", "", "2011-01-01", "<<", "=", "-", "?", "a: b", "a #b", "#"),
    *(
        "[a",
        "{a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a'",
        '"a"',
        "---",
        "...",
        " a ",
        "a\nb",
        "a\r\nb",
        "\u2028",
        "\x1b",
        "고객",
    ),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = SCALARS | st.lists(SCALARS) | st.dictionaries(st.text(), SCALARS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e+3", -1500.0),
        ("+12", 12),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-.inf", float("-inf")),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2011-01-01", "2011-01-01"),
        ("e3", "e3"),
        (".", "."),
        ("-", [None]),
        ("'1e-3'", "1e-3"),
        ("{1e-3: 1, no: 2, 2011: 3}", {"1e-3": 1, "no": 2, "2011": 3}),
        ("[&a 1, *a]", [1, 1]),
    ],
)
def test_values_are_read_by_the_rules_of_version_1_2(text, value):
    found = read_yaml(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", LOOKS_LIKE_SOMETHING)
def test_text_that_looks_like_something_else_stays_text_on_one_line(text):
    assert read_yaml(one_line(text)) == text
    assert yaml.safe_load(one_line(text)) == text
    assert read_yaml(f"{one_line(text)}: [{one_line(text)}]  # why") == {text: [text]}
    assert len(one_line(text).splitlines()) == 1


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(VALUES)
def test_every_plain_value_comes_back(value):
    assert read_yaml(one_line(value)) == value
    assert "\n" not in one_line(value)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.getcwd []",
        "!!timestamp 2011-01-01",
        "!!int many",
        "!!bool maybe",
        "{[a]: 1}",
        "9" * 5000,
        "[1,",
    ],
)
def test_what_is_no_plain_value_is_an_error_of_yaml(text):
    with pytest.raises(yaml.YAMLError):
        read_yaml(text)
