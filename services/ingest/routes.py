"""The ingest API: cameras and videos."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from reid_app.catalog.catalog import Catalog
from reid_app.pipelines.ingest import CAMERA_ID
from reid_app.settings import HttpConfig
from services.http.auth import Caller, Scope, require
from services.http.job_routes import IdempotencyKey, accepted
from services.http.jobs import Job, JobClient
from services.http.paging import Page, PageQuery, page_of
from services.http.problems import invalid_field
from services.http.upload_jobs import enqueue_upload, parse_fields
from services.http.uploads import Upload, UploadedForm, received_form
from services.ingest.views import CameraView, VideoView
from services.ingest.work import KIND, QUEUE, IngestOrder


class VideoForm(BaseModel):
    """The text fields that go with an uploaded video."""

    model_config = ConfigDict(extra="forbid")

    camera: str = Field(pattern=f"^{CAMERA_ID}$", description="Who filmed it.", examples=["yard"])
    start: AwareDatetime | None = Field(
        default=None, description="When the recording began, RFC 3339.", examples=["2026-01-31T08:00:00Z"]
    )
    detector: Literal["auto", "yolox", "motion"] | None = Field(
        default=None, description="How people are found; the service's own choice without it."
    )


def _form_description() -> dict[str, Any]:
    fields = VideoForm.model_json_schema()
    binary = {"type": "string", "format": "binary"}
    fields["properties"] |= {
        "file": binary | {"description": "The video."},
        "tracks": binary | {"description": "Tracks made elsewhere, a MOT-challenge text file."},
    }
    fields["required"] = ["camera", "file"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": fields}}}}


def ingest_router(*, catalog: Catalog, jobs: JobClient, config: HttpConfig, uploads_dir: Path) -> APIRouter:
    """Routes to hand in videos and to list them and their cameras."""
    router = APIRouter(prefix="/v1", tags=["ingest"])

    @router.get("/cameras", dependencies=[Depends(require(Scope.READ))])
    def list_cameras() -> Page[CameraView]:
        """All cameras."""
        return Page(items=[CameraView.of(row) for row in catalog.videos.cameras()])

    @router.get("/videos", dependencies=[Depends(require(Scope.READ))])
    def list_videos(query: Annotated[PageQuery, Depends()]) -> Page[VideoView]:
        """All videos, in the order in which they came."""
        rows = catalog.videos.list(limit=query.limit + 1, after_cursor=query.after)
        return page_of(rows, query=query, view=VideoView.of, place=lambda row: row.cursor)

    @router.get("/videos/{video_id}", dependencies=[Depends(require(Scope.READ))])
    def get_video(video_id: str) -> VideoView:
        """One video."""
        return VideoView.of(catalog.videos.get(video_id))

    @router.post("/videos", status_code=202, openapi_extra=_form_description())
    async def upload_video(
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(require(Scope.WRITE))],
        idempotency_key: IdempotencyKey = None,
    ) -> Job:
        """Hand in a video. The answer is a job; when it has succeeded, the video's people are tracklets.

        The same video of the same camera again changes nothing.
        """
        async with received_form(request, folder=uploads_dir, config=config) as form:
            fields, files = _parse(form)
            job = await run_in_threadpool(
                _enqueue, jobs, fields, files, owner=caller.key_id, idempotency_key=idempotency_key
            )
            return accepted(response, job)

    return router


def _parse(form: UploadedForm) -> tuple[VideoForm, list[Upload]]:
    """The text fields, and the video followed by the tracks, if any."""
    fields = parse_fields(form, VideoForm)
    files = {upload.field: upload for upload in form.files}
    unknown = files.keys() - {"file", "tracks"}
    if unknown or len(files) < len(form.files):
        raise invalid_field("body", *sorted(unknown), detail="Send one part named file and, if any, one named tracks.")
    if "file" not in files or files["file"].num_bytes == 0:
        raise invalid_field("body", "file", detail="The video is missing or empty.")
    return fields, [files[name] for name in ("file", "tracks") if name in files]


def _enqueue(
    jobs: JobClient, fields: VideoForm, files: Sequence[Upload], *, owner: str, idempotency_key: str | None
) -> Job:
    def arguments(paths: Sequence[Path]) -> dict[str, Any]:
        order = IngestOrder(
            path=paths[0],
            sha256=files[0].sha256,
            name=files[0].name,
            camera_id=fields.camera,
            start_at=fields.start,
            tracks_path=paths[1] if len(paths) > 1 else None,
            detector=fields.detector,
        )
        return order.model_dump(mode="json")

    return enqueue_upload(
        jobs,
        KIND,
        fields=fields,
        files=files,
        arguments=arguments,
        queue=QUEUE,
        owner=owner,
        idempotency_key=idempotency_key,
    )
