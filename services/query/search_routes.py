"""Routes to search."""

import numpy as np
from fastapi import APIRouter, Depends

from reid_app.catalog.catalog import Catalog
from reid_app.gallery.gallery import Gallery
from reid_app.pipelines.query import Probe, probe_of_tracklet, search
from services.http.auth import Scope, require
from services.http.problems import invalid_field
from services.query.views import ModelView, ProbeBody, SearchBody, SearchView


def search_router(*, catalog: Catalog, gallery: Gallery) -> APIRouter:
    """Routes of searches and models."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(require(Scope.READ))], tags=["searches"])

    @router.post("/searches")
    def make_search(body: SearchBody) -> SearchView:
        """Who is this, and where else was this person?

        An identity ranks by its best tracklet; a tracklet that nobody has named is one of its own. A tracklet of the
        gallery is never its own answer.
        """
        probe = _probe(body.probe, catalog=catalog, gallery=gallery)
        return SearchView.of(search(probe, request=body.to_request(), gallery=gallery, catalog=catalog))

    @router.get("/models")
    def list_models() -> list[ModelView]:
        """The models that have embeddings."""
        return [
            ModelView(
                model_id=row.model_id,
                name=row.name,
                dimension=row.dimension,
                num_embeddings=catalog.embeddings.count(row.model_id),
                is_current=row.model_id == gallery.model_id,
            )
            for row in catalog.embeddings.models()
        ]

    return router


def _probe(body: ProbeBody, *, catalog: Catalog, gallery: Gallery) -> Probe:
    if body.tracklet_id is not None:
        return probe_of_tracklet(body.tracklet_id, catalog=catalog, model_id=gallery.model_id)
    embedding_D = np.asarray(body.embedding, np.float32)
    norm = float(np.linalg.norm(embedding_D))
    if embedding_D.shape != (gallery.dimension,) or not np.isfinite(norm) or norm == 0.0:
        raise invalid_field(
            "body", "probe", "embedding", detail=f"Send {gallery.dimension} finite numbers that are not all zero."
        )
    return Probe(embedding_D=embedding_D / norm, model_id=str(body.model_id))
