"""Stand-ins for runs of the other tasks: several classes, a skewed quantity, several labels at once."""

from pathlib import Path

import numpy as np
import polars as pl

from app.report_samples import (
    SampleRun,
    class_predictions,
    history_of,
    models,
    profile_of,
    write_folder,
)
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import DataPlan, ModelPlan, Plan, PreparePlan, SplitPlan, TaskPlan
from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.scorecard import Comparison, Scorecard
from espalier.data.describe.profile import QUANTILES, ColumnProfile, Profile
from espalier.data.describe.question import Question
from espalier.explanation.permutation import ColumnImportance


def many_classes(path: Path, num_classes: int, num_rows: int = 1200, num_columns: int = 9) -> SampleRun:
    """Return a run with several classes, some with long and non-Latin names."""
    stream = np.random.default_rng(num_classes)
    names = [
        "농업·임업",
        "제조업 (식료품)",
        "Dienstleistungen",
        "寿司",
        "طعام",
        "transport & storage",
        "a class with a really very long name indeed",
    ]
    classes = tuple((names + [f"class {index:02d}" for index in range(99)])[:num_classes])
    weights = 1 / np.arange(1, num_classes + 1)
    frame = pl.DataFrame({f"sensor_{index:03d}": stream.normal(index, 1 + index, num_rows) for index in range(num_columns)})
    frame = frame.with_columns(업종=pl.Series(stream.choice(classes, num_rows, p=weights / weights.sum())))
    schema = Schema(
        {name: Column(Kind.NUMBER, reason=f"{num_rows} of {num_rows} values are numbers") for name in frame.columns[:-1]}
        | {"업종": Column(Kind.CATEGORY, Role.TARGET, reason=f"{num_classes} different texts")}
    )
    plan = Plan(
        DataPlan("업종.xlsx"), TaskPlan("multiclass"), ModelPlan("mlp", members=5), schema, split=SplitPlan("stratified")
    )
    scores = {
        "network": (0.61, 0.03),
        "random forest": (0.74, 0.035),
        "k nearest neighbours": (0.98, 0.05),
        "majority class": (1.51, 0.02),
    }
    card = Scorecard(
        "multiclass",
        "test",
        num_rows // 4,
        "log_loss",
        False,
        models("log_loss", scores, {"accuracy": 0.78, "balanced_accuracy": 0.71, "f1_macro": 0.7}, num_rows // 2),
        Comparison("random forest", 0.13, 0.09, 0.17),
        "The network is better than the random forest by 18 % ± 5 % (log loss).",
        openings=3,
    )
    target = stream.choice(classes, num_rows // 4, p=weights / weights.sum()).tolist()
    importance = tuple(
        ColumnImportance(name, 0.3 / (1 + i), 0.2 / (1 + i) - 0.02, 0.4 / (1 + i)) for i, name in enumerate(frame.columns[:-1])
    )
    return SampleRun(
        write_folder(path, {"train": num_rows // 2, "valid": num_rows // 4, "test": num_rows // 4}),
        plan,
        schema,
        profile_of(frame),
        Question("multiclass", classes, f"업종 has {num_classes} different values."),
        card,
        (),
        importance,
        class_predictions(target, classes, 2.4, seed=5),
        history_of(100, 98).with_columns(score=1 - pl.col("score")),
        Records(frame, np.arange(2, num_rows + 2), "업종.xlsx"),
    )


def houses(path: Path, num_test: int = 2000) -> SampleRun:
    """Return a regression with a skewed target and Korean column names."""
    stream, num = np.random.default_rng(11), num_test * 5
    area = stream.gamma(6, 14, num).round(1)
    frame = pl.DataFrame(
        {
            "전용면적(㎡)": area,
            "건축년도": stream.integers(1975, 2024, num).astype(float),
            "층": stream.integers(1, 30, num).astype(float),
            "시군구": stream.choice(
                ["서울특별시 강남구", "서울특별시 마포구", "경기도 성남시 분당구", "부산광역시 해운대구"], num
            ),
            "거래금액(만원)": np.exp(9.2 + 0.009 * area + stream.normal(0, 0.5, num)).round(0),
        }
    )
    target = "거래금액(만원)"
    kinds = {"시군구": Kind.CATEGORY}
    schema = Schema(
        {
            name: Column(
                kinds.get(name, Kind.NUMBER),
                Role.TARGET if name == target else Role.INPUT,
                reason="모든 값이 숫자" if name not in kinds else "",
            )
            for name in frame.columns
        }
    )
    plan = Plan(
        DataPlan("실거래가.csv"),
        TaskPlan("regression"),
        ModelPlan("tabm"),
        schema,
        prepare=PreparePlan(target="log"),
        reasons={
            "prepare.target": "skewness 4.1; boosted trees reach RMSE 9,812 with the logarithm, 11,204 without (validation)"
        },
    )
    actual = frame[target].to_numpy()[:num_test]
    predicted = actual * np.exp(stream.normal(-0.02, 0.18, num_test))
    scores = {
        "network": (9437.4, 611.2),
        "LightGBM": (9811.7, 652.0),
        "linear regression": (14210.3, 830.1),
        "mean": (22917.0, 1250.0),
    }
    card = Scorecard(
        "regression",
        "test",
        num_test,
        "rmse",
        False,
        models("rmse", scores, {"mae": 5121.2, "r2": 0.812, "mape": 0.142}, num_test * 4),
        Comparison("LightGBM", 374.3, 101.8, 651.0),
        "The network is better than LightGBM by 3.8 % ± 2.8 % (RMSE).",
        openings=1,
    )
    importance = {
        "전용면적(㎡)": (8123.0, 7510.0, 8801.0),
        "시군구": (3100.0, 2800.0, 3390.0),
        "건축년도": (880.0, 610.0, 1120.0),
        "층": (12.0, -30.0, 55.0),
    }
    findings = (
        Finding(
            "L02-target-in-feature",
            "전용면적(㎡) alone answers the target almost exactly (R² 0.999): it may be known only after the answer.",
            Severity.STOP,
            {"r2": 0.99912, "without_column_rmse": 11204.13},
            ("전용면적(㎡)",),
            repairs=(Repair("leave the column out", {"schema.columns.전용면적(㎡).role": "ignored"}),),
            advice="Ask whether this value is known at the time when the model is to answer.",
        ),
    )
    return SampleRun(
        write_folder(path, {"train": num_test * 4, "valid": num_test // 2, "test": num_test}, {"notes": ["read as CP949"]}),
        plan,
        schema,
        profile_of(frame),
        Question("regression", (), "거래금액(만원) holds 7,913 different numbers: a quantity."),
        card,
        findings,
        tuple(ColumnImportance(name, *values) for name, values in importance.items()),
        pl.DataFrame(
            {"part": ["test"] * num_test, "row": np.arange(2, num_test + 2), "target": actual, "prediction": predicted}
        ),
        history_of(60, 41).with_columns(score=1e5 * (1 - pl.col("score"))),
        Records(frame, np.arange(2, num + 2), "실거래가.csv"),
    )


def labels(path: Path, num_test: int = 400) -> SampleRun:
    """Return a multi-label run: three labels that can hold at once, and a date among the inputs."""
    stream, names, num = np.random.default_rng(5), ("rock", "jazz", "classic"), 4 * num_test
    truth = stream.random((num, 3)) < (0.5, 0.3, 0.1)
    frame = pl.DataFrame(
        {"tempo": stream.normal(120, 20, num), **{name: truth[:, place].astype(str) for place, name in enumerate(names)}}
    )
    roles = {name: Column(Kind.CATEGORY, Role.TARGET) for name in names}
    schema = Schema({"tempo": Column(Kind.NUMBER), "released": Column(Kind.DATE, format="%Y-%m-%d"), **roles})
    profile = profile_of(frame)
    seconds = np.sort(stream.integers(0, 10**9, num)).astype(float)
    counts, edges = np.histogram(seconds, bins=20)
    dates = ColumnProfile(
        0,
        num,
        seconds[0],
        seconds[-1],
        seconds.mean(),
        seconds.std(),
        tuple(np.quantile(seconds, QUANTILES).tolist()),
        (tuple(edges.tolist()), tuple(counts.tolist())),
        (),
        ("1970-02-01", "1983-07-09"),
    )
    probabilities = np.clip(truth[:num_test] * 0.5 + stream.random((num_test, 3)) * 0.5, 0.01, 0.99)
    words = [";".join(np.array(names)[row]) for row in truth[:num_test]]
    answers = [";".join(np.array(names)[row]) for row in probabilities > 0.45]
    columns = {f"probability_{name}": probabilities[:, place] for place, name in enumerate(names)}
    scores = {"network": (0.41, 0.02), "logistic regression": (0.47, 0.02)}
    card = Scorecard(
        "multilabel",
        "folds",
        num_test,
        "log_loss",
        False,
        models("log_loss", scores, {"f1_macro": 0.7}, num - num_test),
        Comparison("logistic regression", 0.06, 0.04, 0.08),
        "The network is better than the best baseline (logistic regression).",
    )
    plan = Plan(
        DataPlan("sqlite:///music.db", query="select * from songs"),
        TaskPlan("multilabel"),
        ModelPlan("mlp"),
        schema,
        split=SplitPlan(folds=5),
    )
    return SampleRun(
        write_folder(path, {"train": num - 2 * num_test, "valid": num_test, "test": num_test}),
        plan,
        schema,
        Profile(num, {**profile.columns, "released": dates}),
        Question("multilabel", names, "3 targets of two values each are labels that can hold at once"),
        card,
        (),
        (ColumnImportance("tempo", 0.1, 0.05, 0.15), ColumnImportance("released", 0.01, -0.01, 0.03)),
        pl.DataFrame(
            {"part": ["test"] * num_test, "row": np.arange(1, num_test + 1), "target": words, "prediction": answers, **columns}
        ),
        history_of(30, 20).with_columns(score=1 - pl.col("score")),
        None,
    )
