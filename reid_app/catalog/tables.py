"""The tables as this version of the code knows them; `migrations/` makes them.

Only tracklets of visible runs exist for readers. What people decided lies in `labels` as (video, time, boxes), so that
it outlives the tracklets of a run; `tracklets.identity_id` is what follows from it for the present run.
"""

import sqlalchemy as sa

from reid_app.catalog.times import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite makes a column its row key, without a second index, only where the type is spelled INTEGER.
_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CHANGES_COUNTER = "changes"

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

cameras = sa.Table(
    "cameras",
    metadata,
    sa.Column("camera_id", sa.Text, primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

videos = sa.Table(
    "videos",
    metadata,
    sa.Column("video_id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("camera_id", sa.Text, sa.ForeignKey("cameras.camera_id"), nullable=False),
    sa.Column("start_at", UtcDateTime),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("fps", sa.Double, nullable=False),
    sa.Column("num_frames", sa.BigInteger, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("start_s", sa.Double, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "created_at", "video_id"),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("video_id", sa.Text, sa.ForeignKey("videos.video_id"), nullable=False, index=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_visible", sa.Boolean, nullable=False),
    sa.Column("checkpoint", sa.JSON(none_as_null=True)),
    sa.Column("report", sa.JSON(none_as_null=True)),
    sa.Column("not_carried_over", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.CheckConstraint("state IN ('running', 'complete')", name="state"),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("identity_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# video_id and camera_id repeat what the run says, so that lists and filters need no further join.
tracklets = sa.Table(
    "tracklets",
    metadata,
    sa.Column("tracklet_id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("video_id", sa.Text, nullable=False, index=True),
    sa.Column("camera_id", sa.Text, nullable=False),
    sa.Column("identity_id", sa.Text, sa.ForeignKey("identities.identity_id"), index=True),
    sa.Column("start_s", sa.Double, nullable=False),
    sa.Column("end_s", sa.Double, nullable=False),
    sa.Column("start_at", UtcDateTime),
    sa.Column("end_at", UtcDateTime),
    sa.Column("listed_at", UtcDateTime, nullable=False),
    sa.Column("num_observations", sa.Integer, nullable=False),
    sa.Column("num_crops", sa.Integer, nullable=False),
    sa.Column("quality", sa.Double, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("num_bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("run_id", "ordinal"),
    sa.Index(None, "listed_at", "tracklet_id"),
    sa.Index(None, "camera_id", "listed_at", "tracklet_id"),
)

labels = sa.Table(
    "labels",
    metadata,
    sa.Column("label_id", sa.Text, primary_key=True),
    sa.Column("video_id", sa.Text, sa.ForeignKey("videos.video_id"), nullable=False, index=True),
    sa.Column("identity_id", sa.Text, sa.ForeignKey("identities.identity_id"), nullable=False, index=True),
    sa.Column("samples", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

label_tracklets = sa.Table(
    "label_tracklets",
    metadata,
    sa.Column("label_id", sa.Text, sa.ForeignKey("labels.label_id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "tracklet_id", sa.Text, sa.ForeignKey("tracklets.tracklet_id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

models = sa.Table(
    "models",
    metadata,
    sa.Column("model_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dimension", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.model_id"), primary_key=True),
    sa.Column(
        "tracklet_id", sa.Text, sa.ForeignKey("tracklets.tracklet_id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", _BIG_KEY, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tracklet_id", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON(none_as_null=True)),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

probes = sa.Table(
    "probes",
    metadata,
    sa.Column("probe_id", sa.Text, primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

probe_tracklets = sa.Table(
    "probe_tracklets",
    metadata,
    sa.Column("tracklet_id", sa.Text, primary_key=True),
    sa.Column("probe_id", sa.Text, sa.ForeignKey("probes.probe_id", ondelete="CASCADE"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("start_s", sa.Double, nullable=False),
    sa.Column("end_s", sa.Double, nullable=False),
    sa.Column("num_crops", sa.Integer, nullable=False),
    sa.Column("quality", sa.Double, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("dimension", sa.Integer, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("probe_id", "ordinal"),
)
