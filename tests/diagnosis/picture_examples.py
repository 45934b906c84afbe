"""The pairs of the checks that look at pictures: evidence on which each must fire, and evidence like it that is healthy."""

from dataclasses import replace

import numpy as np

from diagnosis.tables import NUM_ROWS, evidence_of, numbers, thirds, yes_no
from espalier.core.pictures import PictureForm
from espalier.core.schema import Column, Kind, Role
from espalier.data.pictures.survey import Named, Survey


def survey(num_pictures=NUM_ROWS, **named):
    """Return what pictures are like of which nothing is said but this."""
    nothing = {key: Named() for key in ("unreadable", "odd", "blank", "bordered")}
    sizes, form = (32, 48, 640), PictureForm(32, 32, 3)
    return Survey("image", num_pictures, sizes, sizes, {"colour": num_pictures}, {"PNG": num_pictures}, **{**nothing, **named},
                  num_alike=0, form=form)  # fmt: skip


def names(count):
    return tuple(f"ants/{number}.png" for number in range(min(count, 100)))


def with_pictures(**named):
    columns = {"image": names(100) * 4, "y": yes_no(numbers()["x0"])}
    return replace(evidence_of(columns, image=Column(Kind.IMAGE)), pictures=survey(**named))


def some(count, said=()):
    return Named(count, tuple(range(1, min(count, 100) + 1)), names(count), said)


def unreadable_pictures(sick):
    return with_pictures(unreadable=some(2, ("it is cut off", "the file is empty")) if sick else Named())


def blank_pictures(sick):
    return with_pictures(blank=some(3) if sick else Named())


def odd_pictures(sick):
    said = ("ends in '.png' and holds JPEG", "holds 12 frames, of which the first is read")
    return with_pictures(odd=some(2, said) if sick else Named())


def bordered_pictures(sick):
    return with_pictures(bordered=some(120 if sick else 396))


def pictures_named_by_group(sick):
    speakers = np.arange(NUM_ROWS) % 40
    columns = {
        "image": [f"speaker{one:02d}_{number}.png" for number, one in enumerate(speakers)],
        "group": [f"speaker{one:02d}" for one in speakers],
        "y": yes_no(numbers()["x0"]),
    }
    apart = [np.flatnonzero(np.isin(speakers % 5, part)) for part in ((0, 1, 2), (3,), (4,))]
    evidence = evidence_of(
        columns,
        splits=thirds(NUM_ROWS) if sick else apart,
        method="random",
        image=Column(Kind.IMAGE),
        group=Column(Kind.CATEGORY, Role.IDENTIFIER),
    )
    return replace(evidence, pictures=survey())


PAIRS = {
    one.__name__: one for one in (unreadable_pictures, blank_pictures, odd_pictures, bordered_pictures, pictures_named_by_group)
}
