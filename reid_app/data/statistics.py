"""What a data set holds, beside what its literature says."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reid_app.data.figures import Figures, figures_of
from reid_app.data.types import LabelledTracklet, ReidDataset

_NUM_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatistics:
    """Counts of the training, query or gallery part."""

    part: str
    found: Figures
    published: Figures
    """What is not published is None."""

    @property
    def differences(self) -> list[str]:
        """The figures in which the part differs from the published one, as text."""
        found, published = asdict(self.found), asdict(self.published)
        return [
            f"{self.part}: {found[figure]} {figure}, published {count}"
            for figure, count in published.items()
            if count is not None and found[figure] != count
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStatistics:
    """Counts of a data set and what is noteworthy about them."""

    parts: tuple[PartStatistics, ...]
    warnings: tuple[str, ...]
    """What makes measuring hard; data sets with published figures are as they are and get none."""

    @property
    def differences(self) -> list[str]:
        """All figures that differ from the published ones, as text; empty where all agree or none is known."""
        return [difference for part in self.parts for difference in part.differences]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        parts = {part.part: {"found": asdict(part.found), "published": asdict(part.published)} for part in self.parts}
        return {"parts": parts, "differences": self.differences, "warnings": list(self.warnings)}


def statistics_of(dataset: ReidDataset, *, published: Mapping[str, Figures]) -> DatasetStatistics:
    """Count a data set.

    Args:
        dataset: What was read.
        published: Figures of its literature, by part; empty for folders of one's own, which get warnings instead.
    """
    tracklets = {"train": dataset.train, "query": dataset.query, "gallery": dataset.gallery}
    parts = tuple(
        PartStatistics(part=part, found=figures_of(listed), published=published.get(part, Figures()))
        for part, listed in tracklets.items()
    )
    return DatasetStatistics(parts=parts, warnings=() if published else _warnings(dataset.gallery))


def _warnings(tracklets: Sequence[LabelledTracklet]) -> tuple[str, ...]:
    tracklets_of = defaultdict(list)
    for tracklet in tracklets:
        if tracklet.is_person:
            tracklets_of[tracklet.pid].append(tracklet)
    people = tracklets_of.values()
    alone = [own[0].name for own in people if len(own) == 1]
    one_camera = [own[0].name for own in people if len({tracklet.camid for tracklet in own}) == 1]
    one_picture = [tracklet.name for tracklet in tracklets if len(tracklet.frame_paths) == 1]
    found = (
        (one_camera, f"of {len(people)} identities are seen by one camera only: no match across cameras for them"),
        (alone, f"of {len(people)} identities have one tracklet only: no match at all for them"),
        (one_picture, f"of {len(tracklets)} tracklets have one picture only: nothing to pool over time"),
    )
    return tuple(f"{len(names)} {text} ({_examples(names)})" for names, text in found if names)


def _examples(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NUM_EXAMPLES])
    return f"{shown}, ..." if len(names) > _NUM_EXAMPLES else shown
