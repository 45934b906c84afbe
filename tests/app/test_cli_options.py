import pytest

from espalier.app.cli.given.options import changes_of, seconds_of, written
from espalier.core.errors import PlanError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("none", "none"),
        ("no", "no"),
        ("2011-01-01", "2011-01-01"),
        ("'20'", "20"),
        ("[1, 'a', no]", [1, "a", "no"]),
        ("{depth: 2}", {"depth": 2}),
        ("a=b", "a=b"),
    ],
)
def test_a_setting_is_read_as_plain_yaml(text, value):
    found = changes_of([f"some.key={text}"])["some.key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 12, -3, 0.05, 1e-05, 1e16, float("inf"), [0.05, "no"], ["1e-3", "12", 12], {"1e-3": "2"}, [], {}),
        *(
            "1e-3",
            "1E5",
            ".5",
            "12",
            "0x1F",
            "no",
            "null",
            "true",
            "",
            "2011-01-01",
            "ignored",
            "my group",
            "a=b",
            "a\nb",
            "고객",
        ),
    ],
)
def test_what_is_shown_to_be_typed_is_read_back_as_it_was(value):
    found = changes_of([f"some.key={written(value)}"])["some.key"]
    assert found == value
    assert type(found) is type(value)
    assert "\n" not in written(value)


def test_the_last_of_two_settings_for_one_key_counts():
    assert changes_of(["a.b=1", "a.b=2"]) == {"a.b": 2}


@pytest.mark.parametrize("setting", ["epochs", "=3", " =3"])
def test_a_setting_without_key_and_value_is_refused(setting):
    with pytest.raises(PlanError, match="has no key and value. Write it as key=value"):
        changes_of([setting])


def test_a_setting_with_broken_yaml_is_refused():
    with pytest.raises(PlanError, match=r"--set 'a.b=\[1,': the value is not valid YAML"):
        changes_of(["a.b=[1,"])


@pytest.mark.parametrize("text", ["soon", "5 weeks", "0", "-5m", "", "m", "5m5m", "1e3"])
def test_a_budget_that_is_no_time_is_refused(text):
    with pytest.raises(PlanError, match="is no time above zero. Write it like 90s, 5m, 1h or 1h30m"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("5min", 300), ("1h", 3600), ("1h 30m", 5400), ("0.5h", 1800)]
)
def test_a_budget_is_read_in_hours_minutes_and_seconds(text, seconds):
    assert seconds_of(text) == seconds
