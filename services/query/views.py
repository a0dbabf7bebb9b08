"""What the query API shows and takes."""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from reid_app.catalog.rows import IdentityRow, ProbeTrackletRow, TrackletRow
from reid_app.pipelines.query import RankedIdentity, SearchAnswer, SearchRequest

_EVIDENCE_FRAMES = 4


class TrackletView(BaseModel):
    """One person, one camera, one unbroken run of frames."""

    tracklet_id: str = Field(examples=["t0123456789abcdef0123-00004"])
    camera_id: str = Field(examples=["yard"])
    video_id: str
    identity_id: str | None = Field(description="Null while nobody has named the person.")
    name: str | None = Field(examples=["Ada Lovelace"])
    start_s: float = Field(description="Time in the file, in seconds.", examples=[83.2])
    end_s: float = Field(examples=[95.4])
    start_at: datetime | None = Field(description="Absolute time; null when the recording's start is unknown.")
    end_at: datetime | None
    num_observations: int
    num_crops: int
    quality: float = Field(ge=0, le=1)
    film_strip: str = Field(description="Where its pictures are, a JPEG film strip.")

    @classmethod
    def of(cls, row: TrackletRow, *, name: str | None) -> Self:
        """A catalog row as clients see it, with the name of whom it shows."""
        return cls(
            tracklet_id=row.tracklet_id,
            camera_id=row.camera_id,
            video_id=row.video_id,
            identity_id=row.identity_id,
            name=name,
            start_s=row.start_s,
            end_s=row.end_s,
            start_at=row.start_at,
            end_at=row.end_at,
            num_observations=row.num_observations,
            num_crops=row.num_crops,
            quality=row.quality,
            film_strip=f"/v1/tracklets/{row.tracklet_id}/film-strip",
        )


class ProbeTrackletView(BaseModel):
    """One person of an uploaded probe; it can be searched for until it expires."""

    tracklet_id: str
    start_s: float
    end_s: float
    num_crops: int
    quality: float
    expires_at: datetime
    film_strip: str

    @classmethod
    def of(cls, row: ProbeTrackletRow) -> Self:
        """A catalog row as clients see it."""
        return cls(
            tracklet_id=row.tracklet_id,
            start_s=row.start_s,
            end_s=row.end_s,
            num_crops=row.num_crops,
            quality=row.quality,
            expires_at=row.expires_at,
            film_strip=f"/v1/tracklets/{row.tracklet_id}/film-strip",
        )


class IdentityView(BaseModel):
    """A person with a name."""

    identity_id: str
    name: str = Field(examples=["Ada Lovelace"])
    num_tracklets: int
    created_at: datetime

    @classmethod
    def of(cls, row: IdentityRow) -> Self:
        """A catalog row as clients see it."""
        return cls(
            identity_id=row.identity_id, name=row.name, num_tracklets=row.num_tracklets, created_at=row.created_at
        )


class NameBody(BaseModel):
    """A name for a tracklet."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["Ada Lovelace"])


class ProbeBody(BaseModel):
    """Who is looked for: exactly one of a tracklet and an embedding."""

    model_config = ConfigDict(extra="forbid")

    tracklet_id: str | None = Field(
        default=None, max_length=100, description="Of the gallery, or of an uploaded probe."
    )
    embedding: list[float] | None = Field(
        default=None, max_length=8192, description="L2-normalised, made by the model that model_id names."
    )
    model_id: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if (self.tracklet_id is None) == (self.embedding is None):
            raise ValueError("a probe is exactly one of tracklet_id and embedding")
        if (self.embedding is None) != (self.model_id is None):
            raise ValueError("an embedding and its model_id go together")
        return self


class FilterBody(BaseModel):
    """Among whom to search; a tracklet has to fit every part that is given."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    cameras: list[str] | None = Field(default=None, max_length=1000, examples=[["yard", "door"]])
    identities: list[str] | None = Field(default=None, max_length=1000)
    start_from: AwareDatetime | None = Field(
        default=None, alias="from", description="Tracklets that start at this time or later."
    )
    start_to: AwareDatetime | None = Field(default=None, alias="to", description="Tracklets that start before.")
    exclude_same_camera: bool = False


class SearchBody(BaseModel):
    """A search."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"probe": {"tracklet_id": "t0123456789abcdef0123-00004"}, "top_k": 5},
                {
                    "probe": {"tracklet_id": "t0123456789abcdef0123-00004"},
                    "filter": {"cameras": ["door"], "from": "2026-01-31T08:00:00Z"},
                    "group_by": "tracklet",
                },
            ]
        },
    )

    probe: ProbeBody
    filter: FilterBody = FilterBody()
    top_k: int = Field(default=10, ge=1, le=1000)
    group_by: Literal["identity", "tracklet"] = "identity"

    def to_request(self) -> SearchRequest:
        """As the pipeline takes it."""
        chosen = self.filter
        return SearchRequest(
            top_k=self.top_k,
            group_by=self.group_by,
            cameras=None if chosen.cameras is None else frozenset(chosen.cameras),
            identities=None if chosen.identities is None else frozenset(chosen.identities),
            start_from=chosen.start_from,
            start_to=chosen.start_to,
            exclude_same_camera=chosen.exclude_same_camera,
        )


class SightingView(BaseModel):
    """One tracklet of a ranked identity."""

    similarity: float = Field(description="Cosine, in [-1, 1].", examples=[0.83])
    tracklet: TrackletView
    evidence_frames: list[str] = Field(description="Pictures of the tracklet, JPEG.")


class RankedView(BaseModel):
    """One answer: an identity, or a tracklet that nobody has named."""

    rank: int = Field(ge=1)
    identity_id: str | None
    name: str | None
    similarity: float = Field(description="That of its best tracklet.")
    p_same: float | None = Field(description="Probability of the same person; null without a calibration.")
    tracklets: list[SightingView] = Field(description="Its best tracklets, best first.")


class SearchView(BaseModel):
    """Ranked identities."""

    decision: Literal["match", "unknown", "ambiguous", "uncalibrated"]
    threshold: float | None = Field(description="Null without a calibration.")
    calibration_id: str | None
    model_id: str
    gallery_version: int
    gallery_size: int
    results: list[RankedView]

    @classmethod
    def of(cls, answer: SearchAnswer) -> Self:
        """A pipeline's answer as clients see it."""
        return cls(
            decision=answer.decision,
            threshold=answer.threshold,
            calibration_id=answer.calibration_id,
            model_id=answer.model_id,
            gallery_version=answer.gallery_version,
            gallery_size=answer.gallery_size,
            results=[_ranked(result) for result in answer.results],
        )


def _ranked(result: RankedIdentity) -> RankedView:
    sightings = []
    for ranked in result.tracklets:
        view = TrackletView.of(ranked.tracklet, name=result.name)
        num_frames = min(_EVIDENCE_FRAMES, view.num_crops)
        positions = [view.num_crops * (2 * n + 1) // (2 * num_frames) for n in range(num_frames)]
        frames = [f"/v1/tracklets/{view.tracklet_id}/crops/{position}" for position in positions]
        sightings.append(SightingView(similarity=ranked.similarity, tracklet=view, evidence_frames=frames))
    return RankedView(
        rank=result.rank,
        identity_id=result.identity_id,
        name=result.name,
        similarity=result.similarity,
        p_same=result.p_same,
        tracklets=sightings,
    )


class ModelView(BaseModel):
    """A model that has embeddings."""

    model_id: str
    name: str
    dimension: int
    num_embeddings: int
    is_current: bool = Field(description="Whether searches use it.")
