"""What people decided, kept as (video, time, boxes), and how it hangs on the tracklets of the present run."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from reid_app.catalog.ids import random_id
from reid_app.catalog.observations import Observations
from reid_app.catalog.overlap import Claim, Label
from reid_app.catalog.rows import TrackletRow
from reid_app.catalog.tables import identities, label_tracklets, labels, tracklets
from reid_app.catalog.times import utc_now

# Enough for a short tracklet; a long one has a moment every other second, so that each of its parts has some.
_MIN_SAMPLES = 32
_MAX_SAMPLES = 256
_SECONDS_A_SAMPLE = 2.0


def add_label(
    connection: sa.Connection, tracklet: TrackletRow, *, identity_id: str, observations: Observations
) -> None:
    """Keep a decision about a tracklet, in place of earlier ones about it."""
    detach_labels(connection, tracklet)
    label_id = random_id("l")
    connection.execute(
        sa.insert(labels).values(
            label_id=label_id,
            video_id=tracklet.video_id,
            identity_id=identity_id,
            samples=_sampled(observations),
            created_at=utc_now(),
        )
    )
    connection.execute(sa.insert(label_tracklets).values(label_id=label_id, tracklet_id=tracklet.tracklet_id))


def detach_labels(connection: sa.Connection, tracklet: TrackletRow) -> None:
    """Take the labels off a tracklet.

    A label that hangs on other tracklets too (its own was longer, in an earlier run) loses the moments of this one
    and stays; any other is forgotten.
    """
    links = label_tracklets.c
    attached = sa.select(links.label_id).where(links.tracklet_id == tracklet.tracklet_id)
    for label_id in connection.scalars(attached).all():
        connection.execute(
            sa.delete(label_tracklets).where(links.label_id == label_id, links.tracklet_id == tracklet.tracklet_id)
        )
        others = sa.select(sa.func.count()).select_from(label_tracklets).where(links.label_id == label_id)
        if connection.execute(others).scalar_one() == 0:
            connection.execute(sa.delete(labels).where(labels.c.label_id == label_id))
            continue
        samples = connection.execute(sa.select(labels.c.samples).where(labels.c.label_id == label_id)).scalar_one()
        kept = [sample for sample in samples if not tracklet.start_s <= sample[0] <= tracklet.end_s]
        if kept:
            connection.execute(sa.update(labels).where(labels.c.label_id == label_id).values(samples=kept))


def labels_of_video(connection: sa.Connection, video_id: str) -> list[Label]:
    """All labels of a video, oldest first, whether they hang on a tracklet or not."""
    query = (
        sa.select(labels.c.label_id, labels.c.identity_id, labels.c.samples, identities.c.name)
        .join(identities, identities.c.identity_id == labels.c.identity_id)
        .where(labels.c.video_id == video_id)
        .order_by(labels.c.created_at, labels.c.label_id)
    )
    return [
        Label(
            label_id=row.label_id,
            identity_id=row.identity_id,
            name=row.name,
            samples=tuple(tuple(sample) for sample in row.samples),
        )
        for row in connection.execute(query)
    ]


def attach_labels(connection: sa.Connection, claims: Sequence[Claim]) -> None:
    """Hang labels on the tracklets of a new run."""
    if not claims:
        return
    connection.execute(
        sa.insert(label_tracklets),
        [{"label_id": claim.label.label_id, "tracklet_id": claim.tracklet_id} for claim in claims],
    )
    connection.execute(
        sa.update(tracklets)
        .where(tracklets.c.tracklet_id == sa.bindparam("tracklet"))
        .values(identity_id=sa.bindparam("identity")),
        [{"tracklet": claim.tracklet_id, "identity": claim.label.identity_id} for claim in claims],
    )


def forget_identity_without_labels(connection: sa.Connection, identity_id: str) -> None:
    """Remove an identity that no decision of people speaks of any more."""
    has_label = sa.exists().where(labels.c.identity_id == identity_id)
    connection.execute(sa.delete(identities).where(identities.c.identity_id == identity_id, ~has_label))


def _sampled(observations: Observations) -> list[list[float]]:
    duration_s = float(observations.pts_s[-1] - observations.pts_s[0])
    num_wanted = min(_MAX_SAMPLES, max(_MIN_SAMPLES, int(duration_s / _SECONDS_A_SAMPLE)))
    # First and last among them: they say when the person was there.
    chosen = np.unique(np.linspace(0, len(observations.pts_s) - 1, num_wanted).round().astype(np.int64))
    boxes = np.round(observations.boxes_xyxy[chosen].astype(np.float64), 2)
    return [[float(pts_s), *box] for pts_s, box in zip(observations.pts_s[chosen], boxes.tolist(), strict=True)]
