"""Names that people give to tracklets."""

from collections.abc import Iterable

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import IdentityRow, TrackletRow
from reid_app.tracklets.store import CropStore


def name_tracklet(tracklet_id: str, *, name: str, catalog: Catalog, store: CropStore) -> IdentityRow:
    """Say who a tracklet shows; kept as (video, time, boxes) too, so that it survives ingestion with new settings.

    Raises:
        NotFoundError: There is no such tracklet.
        InputError: The name is empty or too long.
        DamagedError: The tracklet's file is missing or damaged.
    """
    return catalog.identities.name_tracklet(
        tracklet_id, name, observations=observations_of(catalog.tracklets.get(tracklet_id).path, store=store)
    )


def names_of(rows: Iterable[TrackletRow], *, catalog: Catalog) -> dict[str | None, str]:
    """Names of the people whom tracklets show, by identity id: ``names.get(row.identity_id)``."""
    named = catalog.identities.get_many({row.identity_id for row in rows if row.identity_id})
    return {identity_id: identity.name for identity_id, identity in named.items()}


def observations_of(path: str, *, store: CropStore) -> Observations:
    """Where and when a stored tracklet's person was."""
    tracklet = store.read(path)
    return Observations(pts_s=tracklet.pts_s, boxes_xyxy=tracklet.boxes_xyxy)
