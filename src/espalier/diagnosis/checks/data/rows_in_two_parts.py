"""Rows in two parts: the same row is learnt from and judged on.

Exact: hashes of every column but the target and row counters are compared; rows that only look alike to the model are
no copies. Source of the threshold: Espalier's fault catalogue C7 (above .5 % of a part: 12 of 12 planted leaks found, none on
12 healthy tables; the usual 5 % is late). Drawn splits keep copies together, so this
fires on parts that were given, or that follow from time. In tables of few and coarse columns equal rows are chance, and so
are nearly equal pictures of plain things: then it is a note, unless the parts share more than training repeats itself.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import Records
from espalier.data.clean import copy_keys
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import all_parts
from espalier.diagnosis.significance import z_of_shares
from espalier.diagnosis.wording import counted, either, examples, joined, percent, row_noun, source_rows

ID = "S01-rows-in-two-parts"
EXPLAINED_BY = ()
STOP_FRACTION = 0.005  # of the valid or the test part
MIN_EXCESS = 0.02  # where equal rows may be chance: share in valid or test above the share within training
MIN_Z = 3.5


def check(evidence: Evidence) -> Finding | None:
    """Fire when a row of valid or test is equal, in every column but the target, to a row of another part."""
    if evidence.splits is None or not evidence.inputs():
        return None
    parts = all_parts(evidence.splits)
    names = compared_in(evidence, parts)
    if not names:
        return None
    keys = {part: pl.Series(copy_keys(records, evidence.used, names)) for part, records in parts.items()}
    known = {"valid": keys["train"], "test": pl.concat([keys["train"], keys["valid"]])}
    shared = {part: np.flatnonzero(keys[part].is_in(before.unique().implode())) for part, before in known.items()}
    shared = {part: positions for part, positions in shared.items() if len(positions)}
    if not shared:
        return None
    fractions = {part: len(positions) / len(parts[part]) for part, positions in shared.items()}
    total = sum(len(positions) for positions in shared.values())
    said = [
        f"{counted(len(positions), row_noun(evidence.records))} of the {part} part ({percent(fractions[part])})"
        for part, positions in shared.items()
    ]
    example = _example(parts, keys, shared)
    quoted = joined([f"'{name}'" for name in example])
    how = f", equal or nearly so ({quoted}, for example)" if example else ", equal in every column but the target"
    return Finding(
        id=ID,
        sentence=f"{joined(said)} {either(total, 'stands', 'stand')} in an earlier part too{how}: a model can know "
        f"{either(total, 'it', 'them')} by heart, and the score is too good.",
        severity=_severity(evidence, keys, shared, max(fractions.values())),
        evidence={
            "num_shared": {part: len(positions) for part, positions in shared.items()},
            "fraction": fractions,
            "num_rows": max(len(positions) for positions in shared.values()),
            **({"example": example[0], "like": example[1]} if example else {}),
        },
        rows=_rows(parts, shared),
        repairs=_repairs(evidence),
        advice="Take the copies out of the part that is judged, or deal all rows out anew: drawn parts share no copies.",
    )


def compared_in(evidence: Evidence, parts: Mapping[str, Records]) -> list[str]:
    """Return the columns that every part has, in the same type, but the target, row counters, and the name of the part."""
    first, *others = (part.frame.schema for part in parts.values())
    plan = evidence.plan
    named = {plan.split.column} if plan is not None and plan.split.method == "column" else set()
    names = [name for name in evidence.compared if name not in named.union(evidence.targets)]
    return [name for name in names if all(name in other and other[name] == first.get(name) for other in others)]


def _severity(evidence: Evidence, keys: Mapping[str, pl.Series], shared: Mapping[str, np.ndarray], fraction: float) -> Severity:
    """Return how much it matters: pictures of plain things are alike by chance, so among them the excess alone counts."""
    is_exact = evidence.pictures is None and evidence.are_copies
    if fraction <= STOP_FRACTION:
        return Severity.NOTE
    if is_exact or _exceeds(keys, shared, MIN_Z):
        return Severity.STOP
    return Severity.WARN if evidence.pictures is not None and _exceeds(keys, shared, 0.0) else Severity.NOTE


def _exceeds(keys: Mapping[str, pl.Series], shared: Mapping[str, np.ndarray], min_z: float) -> bool:
    """Return whether more rows of valid or test have an equal row in train than rows of train have among themselves."""
    own = float(keys["train"].is_duplicated().to_numpy().mean())
    for part, positions in shared.items():
        share = len(positions) / len(keys[part])
        if share - own > MIN_EXCESS and z_of_shares(share, len(keys[part]), own, len(keys["train"])) > min_z:
            return True
    return False


def _example(parts: Mapping[str, Records], keys: Mapping[str, pl.Series], shared: Mapping[str, np.ndarray]) -> list[str]:
    """Return the name of a picture that stands in two parts, and of the one that it is like; nothing for rows of tables."""
    part = max(shared, key=lambda name: len(shared[name]))
    position = int(shared[part][0])
    for earlier in ("train", "valid") if part == "test" else ("train",):
        places = np.flatnonzero((keys[earlier] == keys[part][position]).to_numpy())
        if len(places):
            pair = [(parts[part], position), (parts[earlier], int(places[0]))]
            return [name for records, place in pair for name in examples(records, [int(records.rows[place])])]
    return []


def _rows(parts: Mapping[str, Records], shared: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    """Return the source rows of the part with most shared rows."""
    part = max(shared, key=lambda name: len(shared[name]))
    return source_rows(parts[part], shared[part])


def _repairs(evidence: Evidence) -> tuple[Repair, ...]:
    """Return a new deal of all rows, which is right unless the parts follow from time."""
    if evidence.plan is None or evidence.plan.split.method == "time":
        return ()
    anew = {"split.method": "random", "split.column": None, "data.valid": None, "data.test": None}
    return (Repair("deal the rows of the training source out anew", anew),)
