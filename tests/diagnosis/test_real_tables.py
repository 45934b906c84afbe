"""The checks on real tables, through the reader, `describe` and `parse`: what must be found, and where they must be quiet."""

import time
from functools import cache

import pytest

from espalier.core.finding import Severity
from espalier.data.describe.describe import describe
from espalier.data.kinds.table import read
from espalier.data.parse import parse
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.examine import examine
from real_data import data_file


def look(source, target):
    records = read(source)
    schema, profile = describe(records, target=(target,))
    parsed = parse(records, schema)
    return Evidence(parsed.records, schema, profile, issues=parsed.issues)


@cache
def findings_of(source, target):
    return {finding.id[:3]: finding for finding in examine(look(source, target))}


QUIET = {
    "boston_housing/boston.csv.gz": ("MEDV", set()),
    "california_housing/housing.csv.gz": ("median_house_value", set()),
    "penguins/penguins.csv.gz": ("species", set()),
    "wine_quality/winequality_white.csv.gz": ("quality", {"D02"}),
    "wine_quality/winequality_red.csv.gz": ("quality", {"D02"}),
    "churn_modelling/churn.csv.gz": ("Exited", set()),
    "adult/adult_train.csv.gz": ("income", {"D02", "D03", "D05", "D10", "D13"}),
    "house_prices/train.csv.gz": ("SalePrice", {"D04", "D05", "D10", "D12"}),
    "bank_marketing/bank_additional.csv.gz": ("y", {"D05", "D12", "D13"}),
    "titanic/titanic.csv.gz": ("Survived", {"D02", "D03", "D04", "D15"}),
    "mammography/mammography.csv.gz": ("target", {"D02", "D03", "D09", "D10"}),
}


@pytest.mark.parametrize("name", sorted(QUIET))
def test_a_healthy_table_gives_at_most_these_notes(name):
    target, notes = QUIET[name]
    found = findings_of(str(data_file(name)), target)
    assert set(found) <= notes
    assert all(finding.severity is Severity.NOTE for finding in found.values())


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine", "diabetes", "digits"])
def test_a_bundled_sample_raises_no_alarm(name):
    assert {one.severity for one in findings_of(f"sample:{name}", "target").values()} <= {Severity.NOTE}


def test_bike_sharing_adds_up_from_casual_and_registered():
    found = findings_of(str(data_file("bike_sharing/bikeshare.csv.gz")), "count")
    assert found["D17"].columns == ("casual", "registered")
    assert "it is their sum" in found["D17"].sentence
    assert found["D17"].evidence["score_with"] > 0.99
    assert found["D17"].evidence["score_without"] < 0.6
    assert found["D16"].columns == ("registered",)
    assert found["S06"].columns == ("datetime",)


def test_the_recordings_of_weight_lifting_are_seen_in_the_order_of_the_lines():
    found = findings_of(str(data_file("weight_lifting_har/har_train.csv.gz")), "classe")
    assert set(found) == {"S09"}
    assert found["S09"].evidence["adjacent_fraction"] > 0.8
    assert found["S09"].evidence["score_with_leak"] > 0.97
    assert found["S09"].evidence["score_without_leak"] < 0.8


def test_the_rating_of_a_film_gives_its_label_away():
    found = findings_of(str(data_file("nsmc_subset/nsmc_test.tsv.gz")), "label")
    assert found["D16"].columns == ("rating",)


def test_a_share_price_adjusted_for_nothing_is_a_copy_of_the_price():
    found = findings_of(str(data_file("netflix_stock/NFLX.csv.gz")), "Close")
    assert found["D16"].severity is Severity.STOP
    assert found["D16"].evidence["copies"] == ["Adj Close"]


def test_hours_of_air_follow_each_other():
    found = findings_of(str(data_file("beijing_pm25/pollution.csv.gz")), "pm2.5")
    assert found["S06"].evidence["gap"] > 0.2


def test_all_checks_on_adult_take_less_than_three_seconds():
    evidence = look(str(data_file("adult/adult_train.csv.gz")), "income")
    start = time.process_time()
    examine(evidence)
    assert time.process_time() - start < 3
