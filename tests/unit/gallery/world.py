"""A catalog with embedded tracklets, as ingestion and indexing leave it, and what a gallery of it must answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.observations import Observations
from reid_app.catalog.rows import NewTracklet, RunState
from reid_app.gallery.config import GalleryConfig
from reid_app.gallery.filters import GalleryFilter
from reid_app.gallery.gallery import Gallery
from reid_app.gallery.matches import Match
from tests.unit.gallery.vectors import search_by_hand, warped_ellipsoid

MODEL = "m0123456789ab"
DIMENSION = 16
CONFIG = GalleryConfig(threads=2)
START = datetime(2026, 1, 31, 8, tzinfo=UTC)


def observations(path: str) -> Observations:
    return Observations(pts_s=np.array([0.0]), boxes_xyxy=np.array([[0, 0, 10, 20]], np.float32))


class World:
    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        self.folder = folder
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.sqlite3")
        self.rng = np.random.default_rng(seed)
        self.catalog.embeddings.register_model(MODEL, name="test", dimension=DIMENSION)

    @property
    def snapshots(self) -> Path:
        return self.folder / "gallery" / MODEL

    def ingest(self, video: int, *, settings: int, count: int) -> list[str]:
        """A run of a video; other settings than before replace its tracklets, the same do nothing."""
        row = self.catalog.videos.add(
            sha256=f"{video:064x}", camera_id=f"cam{video % 3}", start_at=START + timedelta(hours=video),
            name="v.mp4", width=64, height=64, fps=10.0, num_frames=100, duration_s=10.0, start_s=0.0,
        )  # fmt: skip
        run = self.catalog.runs.start(row.video_id, settings={"settings": settings})
        new = [
            NewTracklet(
                tracklet_id=f"t{run.run_id[1:]}-{i:05d}", ordinal=i, start_s=float(i), end_s=i + 1.0,
                num_observations=1, num_crops=1, quality=0.5, path=f"{run.run_id}/{i}.zip", sha256="0" * 64,
                num_bytes=1,
            )
            for i in range(count)
        ]  # fmt: skip
        if run.state is RunState.COMPLETE:
            return []
        self.catalog.runs.checkpoint(run.run_id, tracklets=new, checkpoint={})
        self.catalog.runs.finish(run.run_id, report={}, observations=observations)
        return [tracklet.tracklet_id for tracklet in new]

    def embed(self, *, model_id: str = MODEL) -> int:
        """Embeddings for all tracklets that have none."""
        missing = self.catalog.embeddings.missing(model_id, limit=100_000)
        vectors = warped_ellipsoid(self.rng, count=max(len(missing), 20), dimension=DIMENSION)
        return self.catalog.embeddings.add_many(
            model_id, {row.tracklet_id: vector for row, vector in zip(missing, vectors, strict=False)}
        )

    def query(self) -> NDArray[np.float32]:
        return warped_ellipsoid(self.rng, count=20, dimension=DIMENSION)[:1]

    def name(self, tracklet_id: str, name: str) -> str:
        return self.catalog.identities.name_tracklet(tracklet_id, name, observations=observations("")).identity_id

    def open(self, *, config: GalleryConfig = CONFIG) -> Gallery:
        return Gallery.open(
            self.folder / "gallery", catalog=self.catalog, model_id=MODEL, dimension=DIMENSION, config=config
        )

    def truth(
        self, query_D: NDArray[np.float32], *, k: int, where: GalleryFilter | None = None
    ) -> list[tuple[str, float]]:
        """From the catalog alone."""
        allowed = {
            row.tracklet_id: vector
            for batch in self.catalog.embeddings.iterate(MODEL, batch=100)
            for row, vector in zip(batch.tracklets, batch.embeddings_BD, strict=True)
            if where is None or where.passes(row)
        }
        return search_by_hand(query_D, allowed, k=k)

    def assert_right(self, gallery: Gallery, *, k: int = 10, where: GalleryFilter | None = None) -> list[Match]:
        query_QD = self.query()
        matches = gallery.search(query_QD, model_id=MODEL, k=k, where=where)[0]
        expected = self.truth(query_QD[0], k=k, where=where)
        assert [match.tracklet_id for match in matches] == [tracklet_id for tracklet_id, _ in expected]
        np.testing.assert_allclose([m.similarity for m in matches], [s for _, s in expected], rtol=0, atol=1e-7)
        assert [match.rank for match in matches] == list(range(1, len(matches) + 1))
        assert matches == [] or matches[0].row == self.catalog.tracklets.get(matches[0].tracklet_id)
        return matches
