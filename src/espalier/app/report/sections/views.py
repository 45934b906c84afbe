"""The views: training pictures as the network is shown them, changed at random, and why they are changed so."""

from collections.abc import Sequence

import numpy as np
import torch
from markupsafe import Markup
from torch import Tensor

from espalier.app.report.charts.picture import picture
from espalier.app.report.facts import Facts
from espalier.app.report.gallery import Gallery, Tile, drawn_rows, short_name
from espalier.app.report.sections.choices import change_in_words
from espalier.app.report.sections.section import Section
from espalier.core.run_folder import read_run_json
from espalier.data.prepare.pictures import PreparedPictures
from espalier.data.prepare.preparation import Preparation, pictures_of, preparation_from_mapping

NUM_PICTURES = 8
MOST_VIEWS = 4  # of each, one an epoch
SEED = 0
WHITE = 255.0
REASON = "prepare.pictures.augment"


def build(facts: Facts) -> Section | None:
    """Return the section, or None for a run that reads no pictures, or whose pictures are not at hand."""
    gallery, path = facts.gallery, facts.run.folder.member(0).prepared
    if gallery is None or not path.exists():
        return None
    prepared = preparation_from_mapping(read_run_json(path))
    pictures = pictures_of(prepared)
    if pictures is None:
        return None
    rows = [row for row in drawn_rows(facts.train_rows, NUM_PICTURES, SEED) if row in gallery.places]
    if not rows:
        return None
    changes = pictures.pipeline.to_mapping()
    steps, mixing = changes["steps"], changes["mixing"]
    num_views = max(min(MOST_VIEWS, facts.run.history.height), 1)
    values = {
        "lines": _lines(facts, gallery, prepared, pictures, rows, num_views),
        "num_views": num_views,
        "changes": [change_in_words(step) for step in steps],
        "mixing": None if mixing is None else change_in_words(mixing),
        "reason": facts.run.plan.reasons.get(REASON, ""),
        "form": pictures.form,
    }
    return Section("views", "What the network is shown", values)


def _lines(
    facts: Facts, gallery: Gallery, prepared: Preparation, pictures: PreparedPictures, rows: Sequence[int], num_views: int
) -> list[tuple[str, Tile, list[Markup]]]:
    """Return for each picture its name, itself as it is read, and its views in the first epochs."""
    records = gallery.records.take(np.array([gallery.places[row] for row in rows]))
    inputs, target = prepared.inputs(records), prepared.target(records)
    places = torch.arange(len(rows))  # in the place of source rows, to find each picture again
    batches = prepared.batches(inputs, target, places, max(len(rows), 2), facts.run.plan.seed)
    views: list[list[Markup]] = [[] for _ in rows]
    for epoch in range(num_views):
        for batch in batches.epoch(epoch):
            shown = _as_bytes(batch.inputs[0][:, : pictures.form.channels], pictures.normalize.mean, pictures.normalize.std)
            found = [] if batch.rows is None else batch.rows.tolist()
            for number, place in enumerate(found):
                alt = f"{short_name(gallery.name(rows[place]))} in epoch {epoch + 1}"
                views[place].append(Markup(picture(shown[number].numpy(), alt=alt)))
    plain = inputs[0].numpy()
    lines = []
    for number, row in enumerate(rows):
        name = gallery.name(row)
        own = Tile(row, name, Markup(picture(plain[number], alt=f"{short_name(name)} as it is", title=name)))
        lines.append((short_name(name), own, views[number]))
    return lines


def _as_bytes(image: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Return (B, C, H, W) uint8: the normalisation taken back."""
    shape = (1, -1, 1, 1)
    values = image.float() * torch.tensor(std).view(shape) + torch.tensor(mean).view(shape)
    return (values * WHITE).round().clamp(0, WHITE).to(torch.uint8)
