"""One run takes the place of another: tracklets out, tracklets in, and what people decided goes over."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from reid_app.catalog.changes import append_changes
from reid_app.catalog.labels import attach_labels, labels_of_video
from reid_app.catalog.observations import ReadObservations
from reid_app.catalog.overlap import Claim, Label, assign_labels
from reid_app.catalog.rows import ChangeKind, NotCarriedOver
from reid_app.catalog.tables import runs, tracklets


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """Which labels of a video go to which tracklets of a run."""

    labels: tuple[Label, ...]
    """Those that this was worked out for; when they have changed since, it is out of date."""
    claims: tuple[Claim, ...]

    @property
    def lost(self) -> tuple[NotCarriedOver, ...]:
        """Labels without a tracklet."""
        carried = {claim.label.label_id for claim in self.claims}
        return tuple(
            NotCarriedOver(label_id=label.label_id, name=label.name, start_s=label.start_s, end_s=label.end_s)
            for label in self.labels
            if label.label_id not in carried
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRun:
    """What working out a carry-over needs, read in one transaction so that the files can be read outside of it."""

    labels: tuple[Label, ...]
    paths: tuple[tuple[str, str], ...]
    """Id and path of the run's tracklets that overlap a label in time."""


def read_labelled_run(connection: sa.Connection, *, video_id: str, run_id: str) -> LabelledRun:
    """The labels of a video, and the tracklets of one run that may take them."""
    labels = tuple(labels_of_video(connection, video_id))
    if not labels:
        return LabelledRun(labels=(), paths=())
    query = (
        sa.select(tracklets.c.tracklet_id, tracklets.c.path, tracklets.c.start_s, tracklets.c.end_s)
        .where(tracklets.c.run_id == run_id)
        .order_by(tracklets.c.ordinal)
    )
    near = [
        (row.tracklet_id, row.path)
        for row in connection.execute(query)
        if any(label.start_s <= row.end_s and label.end_s >= row.start_s for label in labels)
    ]
    return LabelledRun(labels=labels, paths=tuple(near))


def work_out_carry_over(labelled: LabelledRun, *, observations: ReadObservations) -> CarryOver:
    """Match labels with tracklets by overlap in space and time; reads tracklet files through ``observations``."""
    seen = {tracklet_id: observations(path) for tracklet_id, path in labelled.paths}
    return CarryOver(labels=labelled.labels, claims=tuple(assign_labels(labelled.labels, seen)))


def replace_other_runs(connection: sa.Connection, *, video_id: str, run_id: str) -> list[str]:
    """Remove all other runs of a video with their tracklets, links and embeddings.

    Returns:
        Paths of the removed tracklets' files.
    """
    is_other = sa.and_(runs.c.video_id == video_id, runs.c.run_id != run_id)
    query = (
        sa.select(tracklets.c.tracklet_id, tracklets.c.path, runs.c.is_visible)
        .join(runs, runs.c.run_id == tracklets.c.run_id)
        .where(is_other)
        .order_by(tracklets.c.run_id, tracklets.c.ordinal)
    )
    removed = connection.execute(query).all()
    connection.execute(sa.delete(runs).where(is_other))
    visible = [row.tracklet_id for row in removed if row.is_visible]
    append_changes(connection, ChangeKind.TRACKLET_REMOVED, visible, detail=None)
    return [row.path for row in removed]


def show_run(connection: sa.Connection, run_id: str, *, claims: Sequence[Claim]) -> None:
    """Hang the labels on an invisible run and let readers see its tracklets."""
    attach_labels(connection, claims)
    connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(is_visible=True))
    added = sa.select(tracklets.c.tracklet_id).where(tracklets.c.run_id == run_id).order_by(tracklets.c.ordinal)
    append_changes(connection, ChangeKind.TRACKLET_ADDED, connection.scalars(added).all(), detail=None)
