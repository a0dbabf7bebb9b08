"""Routes to look at tracklets and their pictures, and to name people."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from reid_app.catalog.catalog import Catalog
from reid_app.errors import NotFoundError
from reid_app.evaluation.report.film_strip import strip_jpeg
from reid_app.pipelines.identities import name_tracklet, names_of
from reid_app.tracklets.store import CropStore, encode_jpeg
from reid_app.tracklets.types import Tracklet
from services.http.auth import Scope, require
from services.http.paging import Page, PageQuery, page_of
from services.query.views import IdentityView, NameBody, TrackletView

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG picture."}}
_PICTURE_CACHING = {"Cache-Control": "private, max-age=3600"}
"""A tracklet's pictures never change; its id changes when it does."""


def tracklet_router(*, catalog: Catalog, store: CropStore) -> APIRouter:
    """Routes of tracklets and identities."""
    router = APIRouter(prefix="/v1")
    can_read = [Depends(require(Scope.READ))]
    can_write = [Depends(require(Scope.WRITE))]

    @router.get("/tracklets", dependencies=can_read, tags=["tracklets"])
    def list_tracklets(
        query: Annotated[PageQuery, Depends()],
        camera: Annotated[str | None, Query(description="Only this camera.")] = None,
        video: Annotated[str | None, Query(description="Only this video.")] = None,
        identity: Annotated[str | None, Query(description="Only this identity.")] = None,
        start_from: Annotated[AwareDatetime | None, Query(alias="from", description="Starting then or later.")] = None,
        start_to: Annotated[AwareDatetime | None, Query(alias="to", description="Starting before.")] = None,
    ) -> Page[TrackletView]:
        """Tracklets in the order of time."""
        rows = catalog.tracklets.list(
            limit=query.limit + 1,
            after_cursor=query.after,
            camera_id=camera,
            video_id=video,
            identity_id=identity,
            start_from=start_from,
            start_to=start_to,
        )
        names = names_of(rows, catalog=catalog)
        return page_of(
            rows,
            query=query,
            view=lambda row: TrackletView.of(row, name=names.get(row.identity_id)),
            place=lambda row: row.cursor,
        )

    @router.get("/tracklets/{tracklet_id}", dependencies=can_read, tags=["tracklets"])
    def get_tracklet(tracklet_id: str) -> TrackletView:
        """One tracklet."""
        row = catalog.tracklets.get(tracklet_id)
        return TrackletView.of(row, name=names_of([row], catalog=catalog).get(row.identity_id))

    @router.get(
        "/tracklets/{tracklet_id}/film-strip",
        dependencies=can_read,
        tags=["tracklets"],
        response_class=Response,
        responses=_JPEG,
    )
    def film_strip(tracklet_id: str) -> Response:
        """The tracklet's pictures side by side."""
        tracklet = _stored(tracklet_id, catalog=catalog, store=store)
        picture = strip_jpeg([crop.image for crop in tracklet.crops])
        return Response(picture, media_type="image/jpeg", headers=_PICTURE_CACHING)

    @router.get(
        "/tracklets/{tracklet_id}/crops/{position}",
        dependencies=can_read,
        tags=["tracklets"],
        response_class=Response,
        responses=_JPEG,
    )
    def crop(tracklet_id: str, position: int) -> Response:
        """One picture of the tracklet, counted from 0."""
        crops = _stored(tracklet_id, catalog=catalog, store=store).crops
        if not 0 <= position < len(crops):
            raise NotFoundError(f"the tracklet {tracklet_id} has {len(crops)} crops, there is no number {position}")
        picture = encode_jpeg(crops[position].image, quality=92)
        return Response(picture, media_type="image/jpeg", headers=_PICTURE_CACHING)

    @router.put("/tracklets/{tracklet_id}/identity", dependencies=can_write, tags=["identities"])
    def name(tracklet_id: str, body: NameBody) -> IdentityView:
        """Say who the tracklet shows; the same name again is the same person."""
        return IdentityView.of(name_tracklet(tracklet_id, name=body.name, catalog=catalog, store=store))

    @router.delete("/tracklets/{tracklet_id}/identity", dependencies=can_write, tags=["identities"], status_code=204)
    def clear_name(tracklet_id: str) -> None:
        """Take the name back."""
        catalog.identities.clear(tracklet_id)

    @router.get("/identities", dependencies=can_read, tags=["identities"])
    def list_identities(query: Annotated[PageQuery, Depends()]) -> Page[IdentityView]:
        """Everybody who has a name, by name."""
        rows = catalog.identities.list(limit=query.limit + 1, after_name=query.after)
        return page_of(rows, query=query, view=IdentityView.of, place=lambda row: row.name)

    @router.get("/identities/{identity_id}", dependencies=can_read, tags=["identities"])
    def get_identity(identity_id: str) -> IdentityView:
        """One identity."""
        return IdentityView.of(catalog.identities.get(identity_id))

    return router


def _stored(tracklet_id: str, *, catalog: Catalog, store: CropStore) -> Tracklet:
    probe = catalog.probes.tracklet(tracklet_id)
    row = probe if probe is not None else catalog.tracklets.get(tracklet_id)
    return store.read(row.path, sha256=row.sha256)
