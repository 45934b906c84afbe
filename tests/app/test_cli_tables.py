"""Tables of columns, runs and options, at the widths that terminals have."""

import io
from dataclasses import dataclass, replace

import pytest
from rich.console import Console

from espalier.app.cli.show.catalogue import first_sentence, options_of, paragraphs
from espalier.app.cli.show.leaderboard import print_differences, print_leaderboard
from espalier.app.cli.show.schema import holds, print_schema
from espalier.comparison import Differences, Leaderboard, Place, Unranked
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.scorecard import Comparison, Score
from espalier.data.describe.profile import ColumnProfile, Profile


def column_profile(**known):
    empty = {"num_missing": 0, "num_distinct": 3, "low": None, "high": None, "mean": None, "std": None}
    return ColumnProfile(**{**empty, "quantiles": (), "histogram": ((), ()), "levels": (), "examples": (), **known})


SCHEMA = Schema(
    {
        "age": Column(Kind.NUMBER, reason="714 of 891 cells are numbers from 0.42 to 80"),
        "born": Column(Kind.DATE, reason="every cell is a date, day first: 23/01/2011 has no month 23"),
        "cabin": Column(Kind.CATEGORY, reason="147 levels"),
        "[bold]name": Column(Kind.TEXT, Role.IDENTIFIER, reason="every cell is different"),
        "survived": Column(Kind.CATEGORY, Role.TARGET, order=("no", "yes"), reason="you named it"),
        "a column with a name that is much longer than any table has room for": Column(
            Kind.NUMBER, Role.IGNORED, reason="constant"
        ),
    }
)
PROFILE = Profile(
    891,
    {
        "age": column_profile(num_missing=177, low=0.42, high=80.0),
        "born": column_profile(low=1293840000.0, high=1356912000.0),
        "cabin": column_profile(
            num_distinct=147, levels=(("B96 B98", 4), ("G6", 4), ("D", 3), ("E101 and something more", 3), ("F", 2))
        ),
        "[bold]name": column_profile(num_distinct=891),
        "survived": column_profile(num_distinct=2, levels=(("no", 549), ("yes", 342))),
    },
)


def console_of(width):
    return Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)


@pytest.mark.parametrize("width", [80, 140])
def test_every_column_is_shown_with_kind_role_missing_content_and_reason(width):
    console = console_of(width)
    print_schema(console, SCHEMA, PROFILE)
    text = console.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= width
    for part in (
        "Columns (6)",
        "19.9%",
        "0.42 to 80",
        "2011-01-01 to 2012-12-31",
        "147 levels: 'B96 B98'",
        "[bold]name",
        "891 values",
    ):
        assert part in text
    assert "2 levels: no, yes" in text
    assert "23/01/2011 has no month 23" in " ".join(text.split()) or width == 140


def test_reasons_stand_beside_the_columns_only_where_there_is_room():
    heads = []
    for width in (80, 140):
        console = console_of(width)
        print_schema(console, SCHEMA, PROFILE)
        heads.append(console.file.getvalue().splitlines()[2])
    assert "why" not in heads[0]
    assert "why" in heads[1]


def test_a_table_of_very_many_columns_is_cut_and_it_is_said():
    schema = Schema({f"c{index}": Column(Kind.NUMBER) for index in range(1000)})
    console = console_of(80)
    print_schema(console, schema, Profile(10, {}))
    assert "... and 940 more; --json lists them all." in console.file.getvalue()


@pytest.mark.parametrize(
    ("column", "profile", "text"),
    [
        (Column(Kind.NUMBER), column_profile(low=1948.0, high=2020.0), "1948 to 2020"),
        (Column(Kind.NUMBER), column_profile(low=-0.00001234, high=5e15), "-1.234e-05 to 5e+15"),
        (Column(Kind.CATEGORY), column_profile(num_distinct=1, levels=(("a,b", 3),)), "1 level: 'a,b'"),
        (Column(Kind.CATEGORY), column_profile(num_distinct=0), "nothing"),
        (Column(Kind.CATEGORY, Role.GROUP), column_profile(num_distinct=12, levels=(("x", 3),)), "12 values"),
    ],
)
def test_what_a_column_holds_is_said_in_few_words(column, profile, text):
    assert holds(column, profile) == text


def place(run, value, group=0):
    return Place(
        run=run,
        group=group,
        model="resnet-tabular",
        task="binary",
        part="test",
        num_rows=89,
        metric="roc_auc",
        higher_is_better=True,
        score=Score(value, value - 0.1, value + 0.1),
        scores={},
        baseline="support vector machine",
        baseline_score=Score(0.8, 0.7, 0.9),
        fit_seconds=263.0,
        num_train_rows=712,
        num_parameters=1234,
        size_bytes=344_200,
    )


@pytest.mark.parametrize("width", [80, 120])
def test_a_leaderboard_fits_and_says_times_and_sizes(width):
    console = console_of(width)
    board = Leaderboard(
        (place("runs/titanic-2", 0.83), place("runs/titanic-1", 0.82)), (Unranked("runs/x", "It is not finished."),), ("Mind.",)
    )
    print_leaderboard(console, board)
    text = console.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= width
    for part in (
        "titanic-2",
        "resnet-tabular",
        "0.8300 (0.7300 to 0.9300)",
        "0.8000",
        "4 min 23 s",
        "344.2 kB",
        "higher is better",
    ):
        assert part in text
    assert "runs/x: It is not finished." in text
    assert "Group" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_a_leaderboard_shows_validation_scores_and_names_the_baseline(width):
    console = console_of(width)
    print_leaderboard(console, Leaderboard((replace(place("runs/a", 0.83), valid_score=0.8123), place("runs/b", 0.82))))
    text = " ".join(console.file.getvalue().split())
    assert "0.8123" in text
    assert "validation" in text
    assert "support" in text
    assert "machine" in text
    assert text.startswith("binary, roc auc on 89 test rows")


def test_groups_that_cannot_be_compared_stand_apart():
    console = console_of(80)
    print_leaderboard(console, Leaderboard((place("a/best-of-one", 0.8), place("b/best-of-two", 0.9, group=1))))
    text = console.file.getvalue()
    assert text.index("Group 1") < text.index("best-of-one") < text.index("Group 2") < text.index("best-of-two")


def shown_differences(plan, data):
    """Return the lines that are printed for two runs, each without its spaces."""
    result = {"roc_auc": (Score(0.8, 0.7, 0.9), None)}
    found = Differences("a", "b", plan, data, result, (), Comparison("b", 0.1, 0.05, 0.15), "a is better.")
    console = console_of(200)
    print_differences(console, found)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_differences_are_shown_side_by_side():
    lines = shown_differences({"learning.epochs": (100, 7)}, {})
    for line in ("learning.epochs 100 7", "data: the same", "roc auc 0.8000 (0.7000 to 0.9000) -", "a is better."):
        assert line in lines


OTHER_COLUMNS = {
    "schema.columns.age.kind": ("number", None),
    "schema.columns.age.role": ("input", None),
    "schema.columns.v1.0.kind": ("number", None),
    "schema.columns.rooms.kind": (None, "number"),
    "schema.columns.price.role": ("target", "input"),
    "schema.columns.price.missing": ([], ["?"]),
    "schema.columns.street.kind": ("category", "text"),
    "schema.columns.sold.order": (["no", "yes"], []),
}
OTHER_DATA = {"fingerprint": ("aa", "bb")}
IN_ONE_LINE = (
    "the columns differ: 2 only in the first, 1 only in the second, 2 of another kind or role, "
    "1 of another format, order or mark of missing cells; --json lists them"
)


def test_columns_of_other_data_are_told_in_one_line_and_all_else_is_listed():
    lines = shown_differences({**OTHER_COLUMNS, "learning.epochs": (100, 7)}, OTHER_DATA)
    assert IN_ONE_LINE in lines
    assert "learning.epochs 100 7" in lines
    assert not any("schema.columns" in line for line in lines)
    assert f"plan: {IN_ONE_LINE}" in shown_differences(OTHER_COLUMNS, OTHER_DATA)


def test_a_way_in_which_no_column_differs_is_left_out():
    lines = shown_differences({"schema.columns.age.kind": (None, "number")}, OTHER_DATA)
    assert "plan: the columns differ: 1 only in the second; --json lists them" in lines


def test_columns_of_the_same_data_are_listed_because_somebody_changed_them():
    lines = shown_differences({"schema.columns.age.role": ("input", "ignored")}, {"training rows": (100, 90)})
    assert "schema.columns.age.role input ignored" in lines
    assert not any("the columns differ" in line for line in lines)


@dataclass(frozen=True)
class Documented:
    """First sentence. Second sentence.

    More words
    on two lines.

    Args:
        width: units of a layer,
            in each of them.
        low, high: ends.
    """

    given: int
    width: int = 3
    low: float = 0.0
    high: float = 1.0
    depth: int = 2  # number of layers


def test_options_carry_the_sentence_of_their_docstring_or_their_comment():
    options = {option.name: option for option in options_of(Documented, {"width": 7}, given=("high",))}
    assert (options["width"].default, options["width"].sentence) == (7, "units of a layer, in each of them.")
    assert (options["depth"].default, options["depth"].sentence) == (2, "number of layers")
    assert options["low"].sentence == options["high"].sentence == "ends."
    assert [name for name, option in options.items() if option.given] == ["given", "high"]


def test_docstrings_are_read_by_sentence_and_by_paragraph():
    assert first_sentence(Documented) == "First sentence."
    assert paragraphs(Documented)[1] == "More words on two lines."
