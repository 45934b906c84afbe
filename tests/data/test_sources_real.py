"""Real files: the number of rows and columns that the list of data sets states, and what was detected."""

import polars as pl
import pytest

from espalier.data.kinds.table import read
from real_data import data_file

LETTERS = "quotes are letters of the text here, they do not enclose fields"


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("titanic/titanic.csv.gz", 891, 12),
        ("boston_housing/boston.csv.gz", 506, 14),
        ("california_housing/housing.csv.gz", 20_640, 10),
        ("house_prices/train.csv.gz", 1_460, 81),
        ("adult/adult_train.csv.gz", 32_561, 15),
        ("adult/adult_test.csv.gz", 16_281, 15),
        ("penguins/penguins.csv.gz", 344, 7),
        ("bike_sharing/bikeshare.csv.gz", 10_886, 12),
        ("bank_marketing/bank_additional.csv.gz", 4_119, 21),
        ("mammography/mammography.csv.gz", 11_183, 7),
        ("churn_modelling/churn.csv.gz", 10_000, 14),
        ("horse_colic/horse_colic.csv.gz", 300, 28),
        ("wine_quality/winequality_red.csv.gz", 1_599, 12),
        ("wine_quality/winequality_white.csv.gz", 4_898, 12),
        ("weight_lifting_har/har_train.csv.gz", 13_737, 53),
        ("nsmc_subset/nsmc_train.tsv.gz", 40_000, 6),
        ("nsmc_subset/nsmc_test.tsv.gz", 10_000, 6),
        ("sst2/sst2_train.tsv.gz", 6_920, 2),
        ("ag_news_test/ag_news_7600.csv.gz", 7_600, 3),
        ("sms_spam/sms.csv.gz", 5_574, 2),
        ("names_by_language/names.csv.gz", 20_050, 2),
        ("korean_chat/ChatbotData.csv.gz", 11_823, 3),
        ("korsts/sts_train.tsv.gz", 5_749, 7),
        ("korsts/sts_dev.tsv.gz", 1_500, 7),
        ("faq_covid_en/faq_en.csv.gz", 210, 6),
        ("beijing_pm25/pollution.csv.gz", 43_824, 13),
        ("word_similarity/simlex999_en.tsv", 999, 3),
        ("dialogsum/dialogsum_dev.jsonl.gz", 500, 4),
        ("cranfield/docs.jsonl.gz", 1_400, 5),
    ],
)
def test_rows_and_columns_are_those_of_the_list_of_data_sets(name, rows, columns):
    records = read(data_file(name))
    assert records.frame.shape == (rows, columns)
    assert len(records.rows) == rows
    assert not any("whole rows" in note for note in records.notes)


def test_semicolons_are_found_in_bank_marketing():
    records = read(data_file("bank_marketing/bank_additional.csv.gz"))
    assert "delimiter ';'" in records.notes
    assert records.frame["y"].value_counts(sort=True).rows() == [("no", 3_668), ("yes", 451)]


def test_stray_quotes_of_korsts_are_letters():
    records = read(data_file("korsts/sts_train.tsv.gz"))
    assert {"delimiter tab", LETTERS} <= set(records.notes)
    assert records.frame["score"].null_count() == 0
    assert records.frame["sentence1"].str.contains('"', literal=True).any()


def test_missing_cells_of_titanic_are_as_many_as_listed():
    frame = read(data_file("titanic/titanic.csv.gz")).frame
    assert frame.select("Age", "Cabin", "Embarked").null_count().row(0) == (177, 687, 2)
    assert frame["Survived"].value_counts(sort=True).rows() == [(0, 549), (1, 342)]


def test_codes_with_leading_zeros_stay_text_in_horse_colic():
    assert read(data_file("horse_colic/horse_colic.csv.gz")).frame["lesion_1"].dtype == pl.String


def test_fields_over_several_lines_are_counted_in_the_lines_of_faq():
    records = read(data_file("faq_covid_en/faq_en.csv.gz"))
    assert records.rows[-1] > len(records) + 1
    assert (records.rows[1:] > records.rows[:-1]).all()
