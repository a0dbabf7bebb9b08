"""Uploads that become jobs: the form's fields checked, its files handed to the worker or removed."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.http.jobs import Job, JobClient
from services.http.problems import invalid_field
from services.http.uploads import Upload, UploadedForm

Fields = TypeVar("Fields", bound=BaseModel)


def parse_fields(form: UploadedForm, model: type[Fields]) -> Fields:
    """The text fields of a form.

    Raises:
        RequestValidationError: One is missing, unknown or wrong; the error names it.
    """
    try:
        return model.model_validate(form.fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise invalid_field("body", *map(str, first["loc"]), detail=first["msg"]) from None


def enqueue_upload(
    jobs: JobClient,
    kind: str,
    *,
    fields: BaseModel,
    files: Sequence[Upload],
    arguments: Callable[[Sequence[Path]], Mapping[str, Any]],
    queue: str,
    owner: str,
    idempotency_key: str | None,
) -> Job:
    """Keep the files and put the job into its queue; files of a request that was made before are removed again.

    Args:
        jobs: The store.
        kind: Names the handler in the worker.
        fields: The form's text fields; with the contents of the files they make two requests the same one.
        files: In the order in which ``arguments`` gets their paths.
        arguments: Makes the handler's arguments from the paths of the kept files.
        queue: Which worker takes it.
        owner: Who asks.
        idempotency_key: The client's name for this request.

    Raises:
        ConflictError: The idempotency key was used for a different request.
    """
    parts = [fields.model_dump(mode="json"), [[upload.field, upload.sha256] for upload in files]]
    paths = [upload.keep() for upload in files]
    is_new = False
    try:
        enqueued = jobs.enqueue(
            kind,
            arguments(paths),
            queue=queue,
            owner=owner,
            idempotency_key=idempotency_key,
            fingerprint=hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        )
        is_new = enqueued.is_new
    finally:
        if not is_new:
            for path in paths:
                path.unlink(missing_ok=True)
    return enqueued.job
