"""What a search hands out: hits that the catalog confirms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_app.catalog.rows import TrackletRow
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.index import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One search hit, as the catalog knows it."""

    tracklet_id: str
    camera_id: str
    similarity: float
    """Cosine in [-1, 1]; larger is nearer."""
    rank: int
    """From 1."""
    row: TrackletRow


def to_matches(
    hits: Sequence[Hit], *, rows: Mapping[str, TrackletRow], where: GalleryFilter | None, k: int
) -> list[Match]:
    """The first k hits that still have a catalog row, and one that fits the filter; hits come nearest first."""
    found = (
        (rows[hit.tracklet_id], hit.similarity)
        for hit in hits
        # The row may also have changed since, so that it no longer fits.
        if hit.tracklet_id in rows and (where is None or where.passes(rows[hit.tracklet_id]))
    )
    return [
        Match(
            tracklet_id=row.tracklet_id,
            camera_id=row.camera_id,
            # Rounding may carry the cosine of equal vectors beyond 1.
            similarity=max(-1.0, min(1.0, similarity)),
            rank=rank,
            row=row,
        )
        for rank, (row, similarity) in zip(range(1, k + 1), found, strict=False)
    ]
