"""The first tables.

A migration says what the tables were at its time, so it repeats them instead of importing `tables`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    _counters()
    _videos_and_runs()
    _tracklets_and_labels()
    _embeddings()
    _changes()
    _keys()
    _probes()


def _counters() -> None:
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.bulk_insert(counters, [{"name": "changes", "value": 0}])


def _videos_and_runs() -> None:
    op.create_table(
        "cameras",
        sa.Column("camera_id", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_cameras"),
    )
    op.create_table(
        "videos",
        sa.Column("video_id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("camera_id", sa.Text, nullable=False),
        sa.Column("start_at", _MOMENT),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("fps", sa.Double, nullable=False),
        sa.Column("num_frames", sa.BigInteger, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("start_s", sa.Double, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("video_id", name="pk_videos"),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.camera_id"], name="fk_videos_camera_id"),
    )
    op.create_index("ix_videos_created_at_video_id", "videos", ["created_at", "video_id"])
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("video_id", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_visible", sa.Boolean, nullable=False),
        sa.Column("checkpoint", sa.JSON),
        sa.Column("report", sa.JSON),
        sa.Column("not_carried_over", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.video_id"], name="fk_runs_video_id"),
        sa.CheckConstraint("state IN ('running', 'complete')", name="ck_runs_state"),
    )
    op.create_index("ix_runs_video_id", "runs", ["video_id"])


def _tracklets_and_labels() -> None:
    op.create_table(
        "identities",
        sa.Column("identity_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("identity_id", name="pk_identities"),
        sa.UniqueConstraint("name", name="uq_identities_name"),
    )
    op.create_table(
        "tracklets",
        sa.Column("tracklet_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("video_id", sa.Text, nullable=False),
        sa.Column("camera_id", sa.Text, nullable=False),
        sa.Column("identity_id", sa.Text),
        sa.Column("start_s", sa.Double, nullable=False),
        sa.Column("end_s", sa.Double, nullable=False),
        sa.Column("start_at", _MOMENT),
        sa.Column("end_at", _MOMENT),
        sa.Column("listed_at", _MOMENT, nullable=False),
        sa.Column("num_observations", sa.Integer, nullable=False),
        sa.Column("num_crops", sa.Integer, nullable=False),
        sa.Column("quality", sa.Double, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("num_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tracklet_id", name="pk_tracklets"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_tracklets_run_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.identity_id"], name="fk_tracklets_identity_id"),
        sa.UniqueConstraint("run_id", "ordinal", name="uq_tracklets_run_id_ordinal"),
    )
    op.create_index("ix_tracklets_video_id", "tracklets", ["video_id"])
    op.create_index("ix_tracklets_identity_id", "tracklets", ["identity_id"])
    op.create_index("ix_tracklets_listed_at_tracklet_id", "tracklets", ["listed_at", "tracklet_id"])
    op.create_index(
        "ix_tracklets_camera_id_listed_at_tracklet_id", "tracklets", ["camera_id", "listed_at", "tracklet_id"]
    )
    op.create_table(
        "labels",
        sa.Column("label_id", sa.Text, nullable=False),
        sa.Column("video_id", sa.Text, nullable=False),
        sa.Column("identity_id", sa.Text, nullable=False),
        sa.Column("samples", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("label_id", name="pk_labels"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.video_id"], name="fk_labels_video_id"),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.identity_id"], name="fk_labels_identity_id"),
    )
    op.create_index("ix_labels_video_id", "labels", ["video_id"])
    op.create_index("ix_labels_identity_id", "labels", ["identity_id"])
    op.create_table(
        "label_tracklets",
        sa.Column("label_id", sa.Text, nullable=False),
        sa.Column("tracklet_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("label_id", "tracklet_id", name="pk_label_tracklets"),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.label_id"], name="fk_label_tracklets_label_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tracklet_id"], ["tracklets.tracklet_id"], name="fk_label_tracklets_tracklet_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_label_tracklets_tracklet_id", "label_tracklets", ["tracklet_id"])


def _embeddings() -> None:
    op.create_table(
        "models",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("dimension", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_models"),
    )
    op.create_table(
        "embeddings",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("tracklet_id", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "tracklet_id", name="pk_embeddings"),
        sa.ForeignKeyConstraint(["model_id"], ["models.model_id"], name="fk_embeddings_model_id"),
        sa.ForeignKeyConstraint(
            ["tracklet_id"], ["tracklets.tracklet_id"], name="fk_embeddings_tracklet_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_embeddings_tracklet_id", "embeddings", ["tracklet_id"])


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tracklet_id", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_changes"),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("key_id", name="pk_keys"),
        sa.UniqueConstraint("name", name="uq_keys_name"),
    )


def _probes() -> None:
    op.create_table(
        "probes",
        sa.Column("probe_id", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("probe_id", name="pk_probes"),
    )
    op.create_index("ix_probes_expires_at", "probes", ["expires_at"])
    op.create_table(
        "probe_tracklets",
        sa.Column("tracklet_id", sa.Text, nullable=False),
        sa.Column("probe_id", sa.Text, nullable=False),
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
        sa.PrimaryKeyConstraint("tracklet_id", name="pk_probe_tracklets"),
        sa.ForeignKeyConstraint(
            ["probe_id"], ["probes.probe_id"], name="fk_probe_tracklets_probe_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("probe_id", "ordinal", name="uq_probe_tracklets_probe_id_ordinal"),
    )
