"""Routes to hand in a probe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from reid_app.catalog.catalog import Catalog
from reid_app.errors import NotFoundError
from reid_app.settings import HttpConfig
from services.http.auth import Caller, Scope, require
from services.http.job_routes import IdempotencyKey, accepted
from services.http.jobs import Job, JobClient
from services.http.paging import Page
from services.http.problems import invalid_field
from services.http.upload_jobs import enqueue_upload, parse_fields
from services.http.uploads import Upload, UploadedForm, received_form
from services.query.views import ProbeTrackletView
from services.query.work import KIND, QUEUE, ProbeOrder


class ProbeForm(BaseModel):
    """The text fields that go with an uploaded probe."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["video", "picture", "crops"] = Field(
        description="video: everybody in it is a probe; picture: everybody in one picture of a scene; "
        "crops: one or more pictures, each cut to the same person."
    )


def _form_description() -> dict[str, Any]:
    fields = ProbeForm.model_json_schema()
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "One part for each file."}
    fields["properties"]["file"] = files
    fields["required"] = ["kind", "file"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": fields}}}}


def probe_router(*, catalog: Catalog, jobs: JobClient, config: HttpConfig, uploads_dir: Path) -> APIRouter:
    """Routes of probes."""
    router = APIRouter(prefix="/v1", tags=["probes"])

    @router.post("/probes", status_code=202, openapi_extra=_form_description())
    async def upload_probe(
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(require(Scope.READ))],
        idempotency_key: IdempotencyKey = None,
    ) -> Job:
        """Hand in a probe. The answer is a job, whose result names a tracklet for each person found.

        They never enter the gallery, and are deleted after an hour.
        """
        async with received_form(request, folder=uploads_dir, config=config) as form:
            fields = _parse(form)
            job = await run_in_threadpool(
                _enqueue, jobs, fields, form.files, owner=caller.key_id, idempotency_key=idempotency_key
            )
            return accepted(response, job)

    @router.get("/probes/{probe_id}", dependencies=[Depends(require(Scope.READ))])
    def get_probe(probe_id: str) -> Page[ProbeTrackletView]:
        """The people of a probe."""
        rows = catalog.probes.list(probe_id)
        if not rows:
            raise NotFoundError(f"there is no probe {probe_id}, or it has expired")
        return Page(items=[ProbeTrackletView.of(row) for row in rows])

    return router


def _parse(form: UploadedForm) -> ProbeForm:
    fields = parse_fields(form, ProbeForm)
    if not form.files or any(upload.field != "file" or upload.num_bytes == 0 for upload in form.files):
        raise invalid_field("body", "file", detail="Send at least one part named file, none of them empty.")
    if fields.kind != "crops" and len(form.files) > 1:
        raise invalid_field("body", "file", detail=f"A probe of kind {fields.kind} is one file.")
    return fields


def _enqueue(
    jobs: JobClient, fields: ProbeForm, files: Sequence[Upload], *, owner: str, idempotency_key: str | None
) -> Job:
    def arguments(paths: Sequence[Path]) -> dict[str, Any]:
        order = ProbeOrder(kind=fields.kind, paths=tuple(paths), names=tuple(upload.name for upload in files))
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
