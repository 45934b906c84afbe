"""Charts: their text is XML, marks stand where the numbers say, and odd data draws without failing."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from espalier.app.report.charts.bars import bar, divided_bar
from espalier.app.report.charts.histogram import LARGE_HEIGHT, SMALL_HEIGHT, histogram, large_histogram
from espalier.app.report.charts.intervals import ROW_HEIGHT, interval_axis, interval_dot, interval_scale
from espalier.app.report.charts.lines import HEIGHT, Line, Mark, line_chart
from espalier.app.report.charts.reliability import Bin, reliability
from espalier.app.report.charts.scale import Scale, nice_step, scale_over, tick_labels
from espalier.app.report.charts.scatter import HEIGHT as SCATTER_HEIGHT
from espalier.app.report.charts.scatter import MAX_DOTS, NUM_CELLS, scatter
from espalier.app.report.charts.svg import element, letters

NAN = math.nan


def parsed(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def with_class(root: ElementTree.Element, style: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if style in (one.get("class") or "").split()]


def points_of(commands: str) -> list[tuple[float, float]]:
    return [tuple(map(float, part.split())) for part in commands.replace("M", "|").replace("L", "|").split("|") if part]


def line(*y: float, x=None) -> str:
    x = list(range(1, len(y) + 1)) if x is None else x
    return line_chart([Line("valid", x, y, "second")], label="curve", x_title="epoch", y_title="loss")


# scale


def test_a_scale_puts_its_ends_at_the_ends_and_the_middle_in_the_middle():
    scale = Scale(10.0, 30.0)
    assert [scale.share(value) for value in (10, 20, 30)] == [0.0, 0.5, 1.0]
    assert scale.percent(15) == "25%"
    assert scale.down(30, 200) == 0
    assert scale.down(15, 200) == 150


def test_a_value_beyond_an_end_stands_at_the_end():
    assert Scale(0.0, 1.0).share(7) == 1.0
    assert Scale(0.0, 1.0).share(-7) == 0.0


def test_equal_ratios_take_equal_room_on_a_logarithmic_scale():
    scale = Scale(1.0, 100.0, log=True)
    assert scale.share(10) == pytest.approx(0.5)
    assert scale.share(0) == 0.0


@pytest.mark.parametrize("span", [3e-7, 0.02, 0.83, 1.0, 7.0, 47_000.0, 8e12])
def test_steps_are_1_2_or_5_times_a_power_of_ten_and_give_about_five_marks(span):
    step = nice_step(span)
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)
    assert 2 <= span / step <= 5.000001


def test_ticks_lie_within_the_scale_at_round_values():
    assert Scale(0.0, 1.0).ticks() == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert Scale(0.13, 0.87).ticks() == (0.2, 0.4, 0.6, 0.8)
    assert Scale(900.0, 120_000.0, log=True).ticks() == (1000.0, 3000.0, 10000.0, 30000.0, 100000.0)


def test_epochs_are_marked_at_whole_numbers():
    assert Scale(1.0, 2.0, whole=True).ticks() == (1.0, 2.0)
    words = [one.text for one in with_class(parsed(line(0.5, 0.4, 0.3)), "tick") if "middle" in one.get("class")]
    assert words == ["1", "2", "3"]


def test_a_scale_over_values_is_widened_to_round_ends_and_leaves_out_what_is_not_finite():
    assert scale_over([0.13, NAN, math.inf, 0.87]) == Scale(0.0, 1.0)
    assert scale_over([3.0, 7.0], round_ends=False) == Scale(3.0, 7.0)


@pytest.mark.parametrize("values", [[], [NAN], [math.inf, -math.inf]])
def test_a_scale_over_nothing_runs_from_0_to_1(values):
    assert scale_over(values) == Scale(0.0, 1.0)


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e12, 1e-9])
def test_a_scale_over_one_value_has_it_in_the_middle(value):
    assert scale_over([value, value]).share(value) == pytest.approx(0.5)


def test_a_logarithmic_scale_is_refused_to_values_that_are_not_above_0():
    assert not scale_over([0.0, 10.0], log=True).log
    assert scale_over([0.1, 10.0], log=True).log


def test_labels_of_one_axis_have_the_same_decimals_and_thousands_separators():
    assert tick_labels((0.8, 0.85, 0.9)) == ["0.80", "0.85", "0.90"]
    assert tick_labels((0.0, 10_000.0)) == ["0", "10,000"]
    assert tick_labels((-2.5e6, 0.0, 2.5e6)) == ["−2.5M", "0", "2.5M"]
    assert tick_labels((0.0, 2e9)) == ["0", "2bn"]
    assert tick_labels((1e-7, 2e-7)) == ["1 × 10⁻⁷", "2 × 10⁻⁷"]


# svg


def test_words_and_attributes_are_escaped():
    assert letters("<b> & c", 1, 2, "tick") == '<text x="1" y="2" class="tick">&lt;b&gt; &amp; c</text>'
    assert element("g", {"aria-label": '"<'}) == '<g aria-label="&quot;&lt;"/>'


def test_every_chart_is_xml_with_a_label_and_keeps_foreign_words():
    name = "<script>'면적' & \"q\""
    charts = [
        line_chart([Line(name, [1, 2], [3, 4], "first")], label=name, x_title=name, y_title=name, mark=Mark(1, name)),
        histogram([0, 1, 2], [3, 4], label=name),
        large_histogram([0, 1, 2], [3, 4], label=name, x_title=name),
        divided_bar([0.5, 0.5], ["first", "second"], label=name),
        scatter(np.arange(3.0), np.arange(3.0), label=name, x_title=name, y_title=name),
        reliability([Bin(0.5, 0.4, 0.3, 0.5, 9)], label=name, x_title=name, y_title=name),
    ]
    for chart in charts:
        root = parsed(chart)
        assert root.get("role") == "img"
        assert root.get("aria-label") == name
        assert "<script" not in chart


# lines


def test_a_line_runs_from_corner_to_corner():
    root = parsed(line(0.0, 1.0))
    (path,) = with_class(root, "line")
    assert points_of(path.get("d")) == [(0, HEIGHT), (1000, 0)]


def test_a_missing_value_breaks_the_line_and_a_lone_point_is_a_dot():
    root = parsed(line(1.0, 2.0, NAN, 1.5, NAN))
    (path,) = with_class(root, "line")
    assert path.get("d").count("M") == 2
    (dot,) = root.iter("circle")
    assert dot.get("cx") == "75%"


def test_the_marked_epoch_stands_at_its_place_and_is_named():
    curve = Line("valid", [1, 2, 3, 4, 5], [5, 4, 3, 4, 5], "second")
    root = parsed(line_chart([curve], label="", x_title="epoch", y_title="", mark=Mark(3, "best: epoch 3")))
    (upright,) = with_class(root, "mark")
    assert upright.get("x1") == upright.get("x2") == "50%"
    (words,) = with_class(root, "note")
    assert words.text == "best: epoch 3"


def test_names_at_the_right_end_do_not_meet():
    lines = [Line(name, [1, 2], [1, 1 + shift], "first") for name, shift in (("a", 0), ("b", 0.001), ("c", 0.002))]
    root = parsed(line_chart(lines, label="", x_title="", y_title=""))
    heights = sorted(float(one.get("y")) for one in with_class(root, "name"))
    assert all(later - earlier >= 14.9 for earlier, later in zip(heights, heights[1:], strict=False))
    assert max(heights) <= HEIGHT + 5


def test_losses_that_fall_a_hundredfold_get_a_logarithmic_axis():
    ticks = [one.text for one in with_class(parsed(line(100.0, 10.0, 1.0)), "tick") if "end" in one.get("class")]
    assert ticks == ["1", "3", "10", "30", "100"]


@pytest.mark.parametrize("values", [(), (NAN, NAN), (0.5,), (0.5, 0.5), (math.inf, 1.0)])
def test_a_line_without_finite_spread_is_drawn_all_the_same(values):
    assert parsed(line(*values)).get("aria-label") == "curve"


# histogram and bars


def test_bars_of_a_histogram_stand_side_by_side_and_the_fullest_is_as_high_as_the_plot():
    (bars,) = with_class(parsed(histogram([0, 1, 2, 4], [2, 4, 8], label="")), "bars")
    first, second, third = bars.get("d").split("z")[:3]
    assert first == f"M0.0 {SMALL_HEIGHT}v-{SMALL_HEIGHT / 2:.1f}h250.0V{SMALL_HEIGHT}"
    assert second == f"M250.0 {SMALL_HEIGHT}v-{SMALL_HEIGHT:.1f}h250.0V{SMALL_HEIGHT}"
    assert third == f"M500.0 {SMALL_HEIGHT}v-{SMALL_HEIGHT:.1f}h500.0V{SMALL_HEIGHT}"  # twice as wide, as many to a unit


def test_a_rare_value_stays_visible_and_an_empty_range_is_not_drawn():
    (bars,) = with_class(parsed(histogram([0, 1, 2, 3], [1, 0, 1_000_000], label="")), "bars")
    assert bars.get("d").startswith(f"M0.0 {SMALL_HEIGHT}v-1.0h")
    assert bars.get("d").count("M") == 2


def test_a_constant_column_is_one_bar_and_an_empty_one_none():
    assert "M450.0" in histogram([3.0, 3.0], [7], label="")
    assert 'd=""' in histogram([], [], label="")


def test_the_zero_of_a_residual_histogram_is_marked_only_when_it_is_inside():
    root = parsed(large_histogram([-1, 0, 1], [3, 4], label="", x_title="error", mark=0.0))
    (mark,) = with_class(root, "mark")
    assert (mark.get("x1"), mark.get("y2")) == ("50%", str(LARGE_HEIGHT))
    assert not with_class(parsed(large_histogram([1, 2, 3], [3, 4], label="", x_title="error", mark=0.0)), "mark")


@pytest.mark.parametrize(("share", "width"), [(0.38, "38%"), (0.0, "0%"), (7.0, "100%"), (-1.0, "0%"), (NAN, "0%")])
def test_a_bar_is_as_long_as_its_share(share, width):
    (rect,) = parsed(bar(share)).iter("rect")
    assert rect.get("width") == width


def test_the_parts_of_a_divided_bar_follow_each_other():
    rects = list(parsed(divided_bar([0.8, 0.1, 0.1], ["first", "second", "third"], label="")).iter("rect"))
    assert [(one.get("x"), one.get("width")) for one in rects] == [("0%", "80%"), ("80%", "10%"), ("90%", "10%")]


# intervals


def test_a_dot_and_its_interval_stand_on_the_common_scale():
    root = parsed(interval_dot(0.5, 0.25, 0.75, Scale(0.0, 1.0), style="first"))
    (reach,) = with_class(root, "range")
    (dot,) = root.iter("circle")
    assert (reach.get("x1"), reach.get("x2"), dot.get("cx"), dot.get("cy")) == ("25%", "75%", "50%", str(ROW_HEIGHT // 2))


def test_an_unknown_score_leaves_its_row_empty_and_an_unknown_interval_only_the_line():
    assert list(parsed(interval_dot(NAN, NAN, NAN, Scale(0.0, 1.0), style="first"))) == []
    assert [one.tag for one in parsed(interval_dot(0.5, NAN, NAN, Scale(0.0, 1.0), style="first"))] == ["circle"]


def test_the_scale_of_intervals_holds_every_end_with_room_for_a_dot():
    scale = interval_scale([0.8, NAN, 0.9], include=[0.5])
    assert scale.low < 0.5
    assert scale.high > 0.9
    assert 0 < scale.share(0.5) < 0.05


def test_the_axis_of_intervals_has_few_labels_of_which_none_leaves_the_plot():
    labels = with_class(parsed(interval_axis(Scale(-0.01, 0.4))), "tick")
    assert [one.text for one in labels] == ["0", "0.2", "0.4"]
    assert "end" in labels[-1].get("class")


# scatter and reliability


def test_points_on_the_diagonal_of_a_scatter_have_equal_shares():
    values = np.array([0.0, 25.0, 100.0])
    dots = list(parsed(scatter(values, values, label="", x_title="", y_title="")).iter("circle"))
    shares = [(float(one.get("cx").rstrip("%")) / 100, 1 - float(one.get("cy")) / SCATTER_HEIGHT) for one in dots]
    assert shares == [pytest.approx((share, share), abs=1e-4) for share in (0.0, 0.25, 1.0)]


def test_many_points_become_cells_whose_number_is_bounded_and_darkest_where_most_are():
    stream = np.random.default_rng(0)
    x, y = stream.normal(0, 1, (2, 20_000))
    root = parsed(scatter(x, y, label="", x_title="", y_title=""))
    cells = list(root.iter("rect"))
    assert not list(root.iter("circle"))
    assert len(cells) <= NUM_CELLS**2
    darkest = max(cells, key=lambda one: float(one.get("opacity")))
    expected = np.histogram2d(x, y, bins=NUM_CELLS, range=[[-5, 5], [-5, 5]])[0]
    column, row = np.unravel_index(expected.argmax(), expected.shape)
    assert float(darkest.get("opacity")) == 1.0
    assert float(darkest.get("x").rstrip("%")) == pytest.approx(100 * column / NUM_CELLS, abs=0.01)
    assert float(darkest.get("y")) == pytest.approx(SCATTER_HEIGHT * (1 - (row + 1) / NUM_CELLS), abs=0.06)


def test_a_few_points_stay_points():
    values = np.linspace(0, 1, MAX_DOTS)
    assert len(list(parsed(scatter(values, values, label="", x_title="", y_title="")).iter("circle"))) == MAX_DOTS


@pytest.mark.parametrize("values", [[], [NAN], [2.0], [2.0, 2.0], [NAN, 1.0]])
def test_a_scatter_of_next_to_nothing_is_drawn_all_the_same(values):
    root = parsed(scatter(np.array(values), np.array(values), label="", x_title="", y_title="", log=True))
    assert len(list(root.iter("circle"))) == sum(value == value for value in values)


def test_one_value_many_times_is_one_cell():
    values = np.full(5_000, 3.0)
    assert len(list(parsed(scatter(values, values, label="", x_title="", y_title="")).iter("rect"))) == 1


def test_dots_of_a_reliability_chart_stand_at_stated_and_true_share_and_grow_with_rows():
    bins = [Bin(0.2, 0.1, 0.05, 0.2, 25), Bin(0.8, 0.9, 0.8, 0.95, 100)]
    root = parsed(reliability(bins, label="", x_title="", y_title=""))
    small, large = root.iter("circle")
    assert (small.get("cx"), small.get("cy"), large.get("cx"), large.get("cy")) == ("20%", "270", "80%", "30")
    assert float(small.get("r")) == pytest.approx(5.5)
    assert float(large.get("r")) == pytest.approx(8.0)


def test_a_reliability_chart_without_rows_is_only_its_axes():
    assert not list(parsed(reliability([], label="", x_title="", y_title="")).iter("circle"))
