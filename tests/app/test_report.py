"""The page: one file that needs nothing else, safe against what is in the data, sound as HTML, readable in light and dark."""

import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from app.report_sample_tasks import houses, labels, many_classes
from app.report_samples import titanic
from espalier.app.report.page import SECTIONS, render, write_report
from espalier.core.plan import DataPlan
from espalier.core.schema import Role, Schema
from espalier.core.scorecard import ModelScores

BLOCKS = {"td", "th", "li", "p", "dt", "dd", "div", "span", "h1", "h2", "h3", "h4", "text", "pre", "caption"}
VOID = {"meta", "br", "img", "hr", "input", "link"}
MAKERS = {
    "two classes": titanic,
    "five classes": lambda path: many_classes(path, 5),
    "eighteen classes": lambda path: many_classes(path, 18),
    "a quantity": lambda path: houses(path, 300),
    "several labels": labels,
}


class Page(HTMLParser):
    """A page's elements with their attributes, its text, and complaints about its form."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.complaints, self.words = [], [], [], []
        self.feed(text)
        self.close()
        self.complaints += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [*self.open]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [*self.open]))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complaints.append(f"</{tag}> inside {self.open[-3:]}")
        else:
            self.open.pop()
        if tag in BLOCKS:
            self.words.append(" ")

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    def having(self, *tags):
        return [(tag, attributes) for tag, attributes, _ in self.elements if tag in tags]


@pytest.fixture(scope="module", params=MAKERS)
def page(request, tmp_path_factory):
    run = MAKERS[request.param](tmp_path_factory.mktemp("run"))
    text = render(run, run.records)
    return Page(text), text, run


def test_elements_are_closed_in_order(page):
    assert page[0].complaints == []


def test_ids_are_unique_and_every_link_leads_somewhere_on_the_page(page):
    ids = [attributes["id"] for _, attributes, _ in page[0].elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"] for _, attributes in page[0].having("a")]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= set(ids)


def test_the_page_loads_nothing_and_runs_nothing(page):
    parsed, text, _ = page
    assert not parsed.having("script", "link", "img", "iframe", "object", "embed", "form")
    assert not [
        one for _, attributes, _ in parsed.elements for one in attributes if one in ("src", "srcset") or one.startswith("on")
    ]
    assert not re.search(r"url\(|@import|https?://", text)
    policy = next(one["content"] for tag, one in parsed.having("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_headings_step_down_one_level_at_a_time_from_a_single_first(page):
    levels = [int(tag[1]) for tag, _, _ in page[0].elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_tables_have_headers_with_a_scope_and_charts_have_words_or_are_hidden(page):
    parsed = page[0]
    assert all(attributes.get("scope") in ("col", "row") for _, attributes in parsed.having("th"))
    for _, attributes, inside in parsed.elements:
        if _ == "svg" and "svg" not in inside:
            assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")
    assert len(parsed.having("table")) == len(parsed.having("tbody"))


def test_every_section_with_something_to_show_is_there_and_in_the_contents(page):
    parsed = page[0]
    names = [attributes["id"] for _, attributes in parsed.having("section")]
    assert len(names) == len(SECTIONS) - 4  # views, boxes, forecasts and anomalies are shown where there are some
    links = {attributes["href"] for tag, attributes, inside in parsed.elements if tag == "a" and "nav" in inside}
    assert links == {f"#{name}" for name in names}


def test_no_number_is_written_as_python_writes_it(page):
    visible = re.sub(r"<(pre|code|style)\b.*?</\1>", "", page[1], flags=re.S)
    text = " ".join(Page(visible).text.split())
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\d\.\d{7,}|\de[-+]?\d\d|dtype|np\.", text)


def test_the_verdict_the_score_and_its_interval_stand_at_the_top(tmp_path):
    run = titanic(tmp_path)
    text = Page(render(run)).text
    top = text[: text.index("On this page")]
    assert "Predicting Survived from 7 columns" in top
    assert "ROC AUC 0.863 against 0.852" in top  # the verdict, its metric written for people
    assert "roc_auc" not in top
    assert "95 % interval: 0.789 to 0.937" in top
    assert "Best baseline: gradient-boosted trees 0.852" in top
    assert "1 warning, 1 note" in top


def test_a_finding_that_stops_is_announced_before_anything_else(tmp_path):
    text = Page(render(houses(tmp_path, 300))).text
    assert text.index("Do not use this result yet") < text.index("RMSE of the network")


def test_the_file_is_written_into_the_run_folder_or_where_it_is_asked_for(tmp_path):
    run = titanic(tmp_path / "run")
    assert write_report(run) == tmp_path / "run" / "report.html"
    other = write_report(run, tmp_path / "elsewhere" / "page.html")
    assert other.read_text(encoding="utf-8") == (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_words_of_the_data_are_text_and_never_markup(tmp_path):
    evil = "<script>alert(1)</script>"
    run = titanic(tmp_path)
    columns = {evil if name == "Sex" else name: column for name, column in run.schema.columns.items()}
    profile = replace(run.profile, columns={evil if name == "Sex" else name: one for name, one in run.profile.columns.items()})
    level = replace(profile.columns[evil], levels=(("<img src=x onerror=alert(1)>", 3),))
    finding = replace(run.findings[0], sentence=f"{evil} is wrong", columns=(evil,), evidence={evil: evil})
    text = render(
        run.but(
            schema=Schema(columns),
            profile=replace(profile, columns=profile.columns | {evil: level}),
            findings=(finding,),
            importance=(replace(run.importance[0], column=evil),),
            scorecard=replace(run.scorecard, verdict=evil),
            predictions=run.predictions.with_columns(target=pl.lit(evil)),
        ),
        run.records,
    )
    parsed = Page(text)
    assert not parsed.having("script", "img")
    assert parsed.text.count("<script>alert(1)</script>") >= 6
    assert "<img src=x onerror=alert(1)>" in parsed.text


def test_a_password_in_a_database_url_is_on_the_page_nowhere(tmp_path):
    run = titanic(tmp_path)
    plan = replace(run.plan, data=DataPlan("postgresql://ann:hunter2@db.local/ships", query="select * from passengers"))
    text = render(run.but(plan=plan))
    assert "hunter2" not in text
    assert "postgresql://db.local/ships" in text


def test_korean_names_stay_words_in_headings_charts_and_commands(tmp_path):
    run = houses(tmp_path, 300)
    parsed = Page(render(run, run.records))
    assert "Predicting 거래금액(만원) from 4 columns" in parsed.text
    assert "predicted 거래금액(만원)" in parsed.text
    assert "--set 'schema.columns.전용면적(㎡).role=ignored'" in parsed.text
    assert "서울특별시 강남구" in parsed.text


def test_200_columns_take_under_a_megabyte_and_a_second_and_30_have_pictures(tmp_path):
    run = many_classes(tmp_path, 25, 1000, 200)
    start = time.process_time()
    text = render(run, run.records)
    assert time.process_time() - start < 1
    assert len(text.encode()) < 1_000_000
    parsed = Page(text)
    assert sum(attributes.get("class") == "card" for _, attributes in parsed.having("li")) == 30
    assert "170 more columns that the model reads" in parsed.text
    assert "170 less important columns" in parsed.text


def test_a_page_without_baselines_importance_history_or_files_is_written_all_the_same(tmp_path):
    run = titanic(tmp_path / "full")
    network = run.scorecard.network
    card = replace(run.scorecard, models=(network,), comparison=None, threshold=None)
    empty = run.but(
        folder=replace(run.folder, path=tmp_path / "empty"),
        scorecard=card,
        importance=(),
        findings=(),
        history=run.history.clear(),
        predictions=pl.DataFrame({"row": [2]}),
    )
    parsed = Page(render(empty))
    names = {attributes["id"] for _, attributes in parsed.having("section")}
    assert names.isdisjoint({"learning", "importance", "errors", "answers", "calibration"})
    assert parsed.complaints == []
    assert "Nothing was found wrong" in parsed.text


def test_scores_that_are_not_known_are_dashes(tmp_path):
    run = titanic(tmp_path)
    silent = ModelScores("silent model", {}, float("nan"), 713)
    card = replace(run.scorecard, models=(*run.scorecard.models, silent))
    parsed = Page(render(run.but(scorecard=card)))
    assert re.search(r"silent model –", parsed.text)


def test_a_run_without_a_target_in_the_schema_has_a_heading_all_the_same(tmp_path):
    run = titanic(tmp_path)
    columns = {name: replace(one, role=Role.INPUT) for name, one in run.schema.columns.items()}
    assert "Predicting the target from 10 columns" in Page(render(run.but(schema=Schema(columns)))).text


def _variables(style, selector):
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\}", style, flags=re.S)[1]
    return dict(re.findall(r"--([a-z]+):\s*([^;]+);", block))


def _rgb(colour):
    return [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]


def _luminance(rgb):
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first, second):
    """Return the ratio of WCAG 2.2, section 1.4.3."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _style(tmp_path):
    return re.search(r"<style>(.*?)</style>", render(titanic(tmp_path)), flags=re.S)[1]


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast_in_light_and_dark(tmp_path, dark):
    style = _style(tmp_path)
    light = _variables(style, ":root")
    night = _variables(style[style.index("prefers-color-scheme: dark") :], ":root")
    colours = light | night if dark else light
    paper, raised = _rgb(colours["paper"]), _rgb(colours["raised"])
    for name in ("ink", "soft", "link", "first", "second", "stop", "warn"):
        assert _contrast(_rgb(colours[name]), paper) >= 4.5, name
    for name in ("ink", "link", "stop"):
        assert _contrast(_rgb(colours[name]), raised) >= 4.5, name
    for name in ("first", "second", "third", "idle"):
        assert _contrast(_rgb(colours[name]), paper) >= 3, name  # marks of charts, section 1.4.11


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_in_the_darkest_cell_of_the_confusion_matrix_stay_readable(tmp_path, dark):
    style = _style(tmp_path)
    light = _variables(style, ":root")
    colours = light | _variables(style[style.index("prefers-color-scheme: dark") :], ":root") if dark else light
    share = float(colours["deepest"].rstrip("%")) / 100
    for hue in ("first", "second"):
        mixed = [share * a + (1 - share) * b for a, b in zip(_rgb(colours[hue]), _rgb(colours["faint"]), strict=True)]
        assert _contrast(_rgb(colours["ink"]), mixed) >= 4.5, hue


def test_the_style_knows_print_dark_and_narrow_pages(tmp_path):
    style = _style(tmp_path)
    assert all(
        rule in style
        for rule in (
            "@media print",
            "figure, .dotplot, .finding",
            "prefers-color-scheme: dark",
            "max-width: 30rem",
            "overflow-x: auto",
        )
    )
