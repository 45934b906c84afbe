"""The schemas of real tables, read as a data scientist would."""

from functools import cache

import pytest

from espalier.core.schema import Kind, Role
from espalier.data.describe.describe import describe
from espalier.data.describe.question import question_of
from espalier.data.kinds.table import read
from espalier.data.parse import parse
from real_data import data_file

NUMBER, CATEGORY, ORDERED, DATE, TEXT = Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED, Kind.DATE, Kind.TEXT
INPUT, IDENTIFIER, GROUP, TIME, IGNORED = Role.INPUT, Role.IDENTIFIER, Role.GROUP, Role.TIME, Role.IGNORED
TARGETS = {
    "titanic/titanic.csv.gz": "Survived",
    "boston_housing/boston.csv.gz": "MEDV",
    "california_housing/housing.csv.gz": "median_house_value",
    "house_prices/train.csv.gz": "SalePrice",
    "adult/adult_test.csv.gz": "income",
    "penguins/penguins.csv.gz": "species",
    "bike_sharing/bikeshare.csv.gz": "count",
    "bank_marketing/bank_additional.csv.gz": "y",
    "mammography/mammography.csv.gz": "target",
    "churn_modelling/churn.csv.gz": "Exited",
    "horse_colic/horse_colic.csv.gz": "outcome",
    "wine_quality/winequality_red.csv.gz": "quality",
    "wine_quality/winequality_white.csv.gz": "quality",
    "weight_lifting_har/har_validate.csv.gz": "classe",
    "beijing_pm25/pollution.csv.gz": "pm2.5",
    "netflix_stock/NFLX.csv.gz": "Close",
    "nsmc_subset/nsmc_test.tsv.gz": "label",
}


@cache
def described(name):
    """Return (schema, profile, parsed, question) of a table."""
    records = read(data_file(name))
    schema, profile = describe(records, target=(TARGETS[name],))
    parsed = parse(records, schema)
    return schema, profile, parsed, question_of(parsed.records, schema)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "titanic/titanic.csv.gz",
            {
                "PassengerId": (NUMBER, IDENTIFIER),
                "Pclass": (CATEGORY, INPUT),
                "Name": (TEXT, IDENTIFIER),
                "Sex": (CATEGORY, INPUT),
            }
            | {"Age": (NUMBER, INPUT), "SibSp": (NUMBER, INPUT), "Parch": (NUMBER, INPUT), "Ticket": (CATEGORY, IDENTIFIER)}
            | {"Fare": (NUMBER, INPUT), "Cabin": (CATEGORY, INPUT), "Embarked": (CATEGORY, INPUT)},
        ),
        ("boston_housing/boston.csv.gz", {"CHAS": (CATEGORY, INPUT), "RAD": (NUMBER, INPUT), "TAX": (NUMBER, INPUT)}),
        (
            "california_housing/housing.csv.gz",
            {"longitude": (NUMBER, INPUT), "total_bedrooms": (NUMBER, INPUT), "ocean_proximity": (CATEGORY, INPUT)},
        ),
        (
            "house_prices/train.csv.gz",
            {
                "Id": (NUMBER, IDENTIFIER),
                "MSSubClass": (CATEGORY, INPUT),
                "LotFrontage": (NUMBER, INPUT),
                "PoolQC": (ORDERED, IGNORED),
            }
            | {"OverallQual": (NUMBER, INPUT), "YearBuilt": (NUMBER, INPUT), "KitchenQual": (ORDERED, INPUT)}
            | {
                "GarageYrBlt": (NUMBER, INPUT),
                "Alley": (CATEGORY, INPUT),
                "MasVnrType": (CATEGORY, INPUT),
                "MoSold": (NUMBER, INPUT),
            },
        ),
        (
            "adult/adult_test.csv.gz",
            {
                "age": (NUMBER, INPUT),
                "fnlwgt": (NUMBER, INPUT),
                "education": (CATEGORY, INPUT),
                "education-num": (NUMBER, INPUT),
            }
            | {"capital-gain": (NUMBER, INPUT), "native-country": (CATEGORY, INPUT)},
        ),
        (
            "penguins/penguins.csv.gz",
            {"island": (CATEGORY, INPUT), "bill_length_mm": (NUMBER, INPUT), "sex": (CATEGORY, INPUT)},
        ),
        (
            "bike_sharing/bikeshare.csv.gz",
            {"datetime": (DATE, TIME), "season": (CATEGORY, INPUT), "weather": (CATEGORY, INPUT), "holiday": (CATEGORY, INPUT)}
            | {"humidity": (NUMBER, INPUT), "casual": (NUMBER, INPUT)},
        ),
        (
            "bank_marketing/bank_additional.csv.gz",
            {"age": (NUMBER, INPUT), "month": (CATEGORY, INPUT), "pdays": (NUMBER, INPUT), "previous": (NUMBER, INPUT)}
            | {"cons.price.idx": (NUMBER, INPUT), "nr.employed": (NUMBER, INPUT)},
        ),
        ("mammography/mammography.csv.gz", {f"x{place}": (NUMBER, INPUT) for place in range(1, 7)}),
        (
            "churn_modelling/churn.csv.gz",
            {"RowNumber": (NUMBER, IDENTIFIER), "CustomerId": (NUMBER, IDENTIFIER), "Surname": (CATEGORY, IDENTIFIER)}
            | {"Tenure": (NUMBER, INPUT), "NumOfProducts": (NUMBER, INPUT), "HasCrCard": (CATEGORY, INPUT)},
        ),
        (
            "horse_colic/horse_colic.csv.gz",
            {"surgery": (CATEGORY, INPUT), "hospital_number": (CATEGORY, GROUP), "rectal_temp": (NUMBER, INPUT)}
            | {"pain": (CATEGORY, INPUT), "lesion_1": (CATEGORY, INPUT), "total_protein": (NUMBER, INPUT)},
        ),
        ("wine_quality/winequality_red.csv.gz", {"pH": (NUMBER, INPUT), "free_sulfur_dioxide": (NUMBER, INPUT)}),
        ("weight_lifting_har/har_validate.csv.gz", {"roll_belt": (NUMBER, INPUT), "total_accel_belt": (NUMBER, INPUT)}),
        (
            "beijing_pm25/pollution.csv.gz",
            {
                "No": (NUMBER, TIME),
                "year": (NUMBER, INPUT),
                "month": (NUMBER, INPUT),
                "hour": (NUMBER, INPUT),
                "cbwd": (CATEGORY, INPUT),
            },
        ),
        ("netflix_stock/NFLX.csv.gz", {"Date": (DATE, TIME), "Open": (NUMBER, INPUT), "Volume": (NUMBER, INPUT)}),
        (
            "nsmc_subset/nsmc_test.tsv.gz",
            {"id": (NUMBER, IDENTIFIER), "movie_id": (CATEGORY, GROUP), "date": (DATE, TIME), "document": (TEXT, INPUT)},
        ),
    ],
)
def test_important_columns_are_what_they_are(table, columns):
    schema, _, _, _ = described(table)
    assert {name: (schema.columns[name].kind, schema.columns[name].role) for name in columns} == columns


@pytest.mark.parametrize(
    ("table", "task", "classes"),
    [
        ("titanic/titanic.csv.gz", "binary", ("0", "1")),
        ("boston_housing/boston.csv.gz", "regression", ()),
        ("california_housing/housing.csv.gz", "regression", ()),
        ("house_prices/train.csv.gz", "regression", ()),
        ("adult/adult_test.csv.gz", "binary", ("<=50K", ">50K")),
        ("penguins/penguins.csv.gz", "multiclass", ("Adelie", "Chinstrap", "Gentoo")),
        ("bike_sharing/bikeshare.csv.gz", "regression", ()),
        ("bank_marketing/bank_additional.csv.gz", "binary", ("no", "yes")),
        ("mammography/mammography.csv.gz", "binary", ("0", "1")),
        ("churn_modelling/churn.csv.gz", "binary", ("0", "1")),
        ("horse_colic/horse_colic.csv.gz", "multiclass", ("1", "2", "3")),
        ("wine_quality/winequality_red.csv.gz", "regression", ()),
        ("wine_quality/winequality_white.csv.gz", "regression", ()),
        ("weight_lifting_har/har_validate.csv.gz", "multiclass", ("A", "B", "C", "D", "E")),
        ("beijing_pm25/pollution.csv.gz", "regression", ()),
        ("netflix_stock/NFLX.csv.gz", "regression", ()),
    ],
)
def test_the_target_asks_the_question_that_a_person_would(table, task, classes):
    _, _, parsed, question = described(table)
    assert (question.task, question.classes) == (task, classes)
    assert parsed.issues == ()


@pytest.mark.parametrize(
    ("table", "column", "missing", "count"),
    [
        ("house_prices/train.csv.gz", "LotFrontage", ("NA",), 259),
        ("house_prices/train.csv.gz", "Alley", ("NA",), 1369),
        ("house_prices/train.csv.gz", "MasVnrType", ("NA",), 8),
        ("horse_colic/horse_colic.csv.gz", "rectal_temp", ("?",), 60),
        ("horse_colic/horse_colic.csv.gz", "outcome", ("?",), 1),
        ("bank_marketing/bank_additional.csv.gz", "pdays", ("999",), 3959),
        ("bank_marketing/bank_additional.csv.gz", "default", (), 0),
        ("beijing_pm25/pollution.csv.gz", "pm2.5", ("NA",), 2067),
        ("titanic/titanic.csv.gz", "Age", (), 177),
        ("penguins/penguins.csv.gz", "sex", (), 11),
        ("adult/adult_test.csv.gz", "capital-gain", (), 0),
    ],
)
def test_missing_cells_are_those_that_the_data_sheet_tells(table, column, missing, count):
    schema, profile, parsed, _ = described(table)
    assert schema.columns[column].missing == missing
    assert profile.columns[column].num_missing == parsed.records.frame[column].null_count() == count


def test_none_as_a_level_of_house_prices_is_kept_and_said():
    schema, profile, _, _ = described("house_prices/train.csv.gz")
    assert dict(profile.columns["MasVnrType"].levels)["None"] == 864
    assert "'None' is a level like the others" in schema.columns["MasVnrType"].reason


def test_the_quality_scale_of_house_prices_is_ordered():
    schema, _, _, _ = described("house_prices/train.csv.gz")
    assert schema.columns["ExterCond"].order == ("Po", "Fa", "TA", "Gd", "Ex")
    assert schema.columns["BsmtQual"].order == ("Fa", "TA", "Gd", "Ex")


def test_the_reason_of_a_quantity_of_few_steps_explains_the_rule():
    assert "steps of a quantity, since the name says so ('quality'); for classes, set its kind to category" in (
        described("wine_quality/winequality_red.csv.gz")[3].reason
    )


def test_counts_are_offered_where_numbers_could_be_counts_and_not_for_prices():
    assert "choose the task 'counts'" in described("bike_sharing/bikeshare.csv.gz")[3].reason
    assert "counts" not in described("house_prices/train.csv.gz")[3].reason


def test_the_korean_review_dates_are_year_month_day():
    schema, _, _, _ = described("nsmc_subset/nsmc_test.tsv.gz")
    assert schema.columns["date"].format == "%y.%m.%d"


@pytest.mark.parametrize("table", TARGETS)
def test_every_column_has_its_reason_in_one_line(table):
    schema, profile, _, _ = described(table)
    assert all(column.reason and "\n" not in column.reason and len(column.reason) < 400 for column in schema.columns.values())
    assert list(profile.columns) == list(schema.columns)
