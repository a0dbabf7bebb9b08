"""A probe -> ranked identities. An identity ranks by its best tracklet; a tracklet without a name is one of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import TrackletRow
from reid_app.errors import ModelMismatchError, NotFoundError
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.gallery import Gallery

TRACKLETS_PER_IDENTITY = 5
_FIRST_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """The person who is looked for."""

    embedding_D: NDArray[np.float32]
    """L2-normalised."""
    model_id: str
    tracklet_id: str | None = None
    """Set when the probe is a tracklet of the gallery: it is never its own answer."""
    camera_id: str | None = None
    """Where the probe was filmed, when that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedTracklet:
    """One tracklet of a ranked identity."""

    tracklet: TrackletRow
    similarity: float
    """Cosine, in [-1, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedIdentity:
    """One answer."""

    rank: int
    """From 1."""
    identity_id: str | None
    """None while nobody has named the tracklet."""
    name: str | None
    similarity: float
    """That of the best tracklet, cosine in [-1, 1]."""
    p_same: float | None
    """Probability that it is the same person; None without a calibration."""
    tracklets: tuple[RankedTracklet, ...]
    """The best ones, best first; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """What a search says."""

    decision: Literal["match", "unknown", "ambiguous", "uncalibrated"]
    threshold: float | None
    calibration_id: str | None
    model_id: str
    gallery_version: int
    gallery_size: int
    """Tracklets in the gallery."""
    results: tuple[RankedIdentity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """Among whom to search, and how much to answer."""

    top_k: int = 10
    group_by: Literal["identity", "tracklet"] = "identity"
    cameras: frozenset[str] | None = None
    identities: frozenset[str] | None = None
    start_from: datetime | None = None
    """Only tracklets that start at or after this time."""
    start_to: datetime | None = None
    """Only tracklets that start before this time."""
    exclude_same_camera: bool = False
    """Leave out the probe's own camera."""


def probe_of_tracklet(tracklet_id: str, *, catalog: Catalog, model_id: str) -> Probe:
    """The probe that a tracklet of the gallery, or of an uploaded probe, makes.

    Raises:
        NotFoundError: There is no such tracklet, or it has no embedding of this model yet.
        ModelMismatchError: The uploaded probe was embedded by another model.
    """
    uploaded = catalog.probes.tracklet(tracklet_id)
    if uploaded is not None:
        if uploaded.model_id != model_id:
            raise ModelMismatchError(
                f"the probe tracklet {tracklet_id} was embedded by model {uploaded.model_id}, "
                f"the gallery by {model_id}: upload the probe again"
            )
        return Probe(embedding_D=uploaded.embedding_D, model_id=model_id)
    row = catalog.tracklets.get(tracklet_id)
    embedding_D = catalog.embeddings.get_many(model_id, [tracklet_id]).get(tracklet_id)
    if embedding_D is None:
        raise NotFoundError(
            f"the tracklet {tracklet_id} has no embedding of model {model_id} yet: run `reid index` and search again"
        )
    return Probe(embedding_D=embedding_D, model_id=model_id, tracklet_id=tracklet_id, camera_id=row.camera_id)


def search(probe: Probe, *, request: SearchRequest, gallery: Gallery, catalog: Catalog) -> SearchAnswer:
    """Rank the identities of the gallery by their similarity to a probe.

    Raises:
        ModelMismatchError: The probe and the gallery are of two models; the message names both.
    """
    groups = _matches(probe, request=request, gallery=gallery)
    named = catalog.identities.get_many({identity_id for identity_id, _ in groups if identity_id is not None})
    results = tuple(
        RankedIdentity(
            rank=rank,
            identity_id=identity_id,
            name=named[identity_id].name if identity_id in named else None,
            similarity=ranked[0].similarity,
            p_same=None,
            tracklets=tuple(ranked[:TRACKLETS_PER_IDENTITY]),
        )
        for rank, (identity_id, ranked) in enumerate(groups, start=1)
    )
    return SearchAnswer(
        decision="uncalibrated",
        threshold=None,
        calibration_id=None,
        model_id=gallery.model_id,
        gallery_version=gallery.version,
        gallery_size=len(gallery),
        results=results,
    )


_Group = tuple[str | None, list[RankedTracklet]]


def _matches(probe: Probe, *, request: SearchRequest, gallery: Gallery) -> list[_Group]:
    """The best groups, searched deeper until there are enough of them or nothing is left."""
    where = GalleryFilter(
        cameras=request.cameras,
        identities=request.identities,
        start_from=request.start_from,
        start_to=request.start_to,
        exclude_cameras=frozenset([probe.camera_id] if request.exclude_same_camera and probe.camera_id else []),
        exclude_tracklets=frozenset([probe.tracklet_id] if probe.tracklet_id else []),
    )
    depth = request.top_k * _FIRST_DEPTH
    while True:
        matches = gallery.search(probe.embedding_D[np.newaxis], model_id=probe.model_id, k=depth, where=where)[0]
        groups: dict[tuple[str, str], _Group] = {}
        for match in matches:
            identity_id = match.row.identity_id
            is_own = identity_id is None or request.group_by == "tracklet"
            key = ("tracklet", match.tracklet_id) if is_own else ("identity", str(identity_id))
            group = groups.setdefault(key, (identity_id, []))
            group[1].append(RankedTracklet(tracklet=match.row, similarity=match.similarity))
        if len(groups) >= request.top_k or len(matches) < depth:
            return list(groups.values())[: request.top_k]
        depth *= 4
