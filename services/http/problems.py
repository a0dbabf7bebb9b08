"""Errors as RFC 9457 problems: one stable type per kind of error, never a stack trace, a path or an embedding.

A type is a URN, `urn:reid:problem:` and a slug from the tables below. Clients compare it as a string: a slug is never
renamed, and its status never changes.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from reid_app import errors

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:reid:problem:"

_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One offending field of a request."""

    model_config = ConfigDict(populate_by_name=True)

    place: str = Field(alias="in", description="Where the field is: body, query, path or header.")
    pointer: str = Field(
        description="JSON pointer (RFC 6901) to the field in that place.", examples=["/filter/cameras/0"]
    )
    detail: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 says."""

    type: str = Field(description="Stable name of the kind of error.", examples=[f"{_TYPE_PREFIX}not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str | None = None
    errors: list[FieldProblem] | None = Field(default=None, description="The offending fields of an invalid request.")
    request_id: str | None = Field(default=None, description="Also in the header X-Request-ID and in the log.")


class ProblemKind(NamedTuple):
    """Status, slug of the type, and title of one kind of error."""

    status: int
    slug: str
    title: str


KINDS: Mapping[type[errors.ReidError], ProblemKind] = {
    errors.SettingsError: ProblemKind(500, "misconfigured", "The service is misconfigured"),
    errors.InputError: ProblemKind(422, "invalid-input", "The input cannot be used"),
    errors.VideoError: ProblemKind(422, "unreadable-video", "The video cannot be read"),
    errors.LimitError: ProblemKind(413, "limit-exceeded", "A limit was exceeded"),
    errors.ModelMissingError: ProblemKind(503, "model-missing", "A model file is missing"),
    errors.ModelInvalidError: ProblemKind(503, "model-invalid", "A model file cannot be used"),
    errors.ModelMismatchError: ProblemKind(409, "model-mismatch", "Vectors of two models cannot be compared"),
    errors.NotFoundError: ProblemKind(404, "not-found", "Not found"),
    errors.ConflictError: ProblemKind(409, "conflict", "The request contradicts what is stored"),
    errors.LockedError: ProblemKind(423, "locked", "In use by another process"),
    errors.DamagedError: ProblemKind(500, "damaged", "A stored file is damaged"),
    errors.StorageFullError: ProblemKind(507, "storage-full", "The disk is full"),
    errors.CancelledError: ProblemKind(409, "cancelled", "Cancelled"),
}
"""Every leaf of `ReidError`. A class that is missing here counts as its nearest base."""

_INTERNAL = ProblemKind(500, "internal", "Internal error")
_INVALID_REQUEST = ProblemKind(422, "invalid-request", "The request is invalid")
_HTTP_KINDS: Mapping[int, ProblemKind] = {
    400: ProblemKind(400, "malformed-request", "The request is malformed"),
    401: ProblemKind(401, "unauthenticated", "A key is required"),
    403: ProblemKind(403, "forbidden", "Not allowed"),
    404: ProblemKind(404, "no-such-address", "There is nothing at this address"),
    405: ProblemKind(405, "method-not-allowed", "This address does not take this method"),
    413: ProblemKind(413, "limit-exceeded", "A limit was exceeded"),
    415: ProblemKind(415, "unsupported-media-type", "This media type is not accepted here"),
    503: ProblemKind(503, "not-ready", "The service is not ready"),
}

_PATH = re.compile(r"(?<![\w.@+~/-])(?:(?:~|\.\.?)?/|[\w.@+-]+/[\w.@+-]+/)(?:[\w.@+-]+/)*(?=[\w.@+-])")


def without_paths(message: str) -> str:
    """A message with the folders cut from every path in it; what looks like a ratio or a media type stays.

    Examples:
        >>> without_paths("cannot open /srv/reid/data/uploads/a1.mp4: not a video/mp4 file, 3/5 frames")
        'cannot open a1.mp4: not a video/mp4 file, 3/5 frames'
        >>> without_paths("looked in data/models/x.onnx and ./x.onnx")
        'looked in x.onnx and x.onnx'
    """
    return _PATH.sub("", message)


def problem_of(error: errors.ReidError) -> Problem:
    """The problem that says what an expected error says."""
    kind = next((KINDS[base] for base in type(error).__mro__ if base in KINDS), _INTERNAL)
    return _problem(kind, detail=without_paths(str(error)) or None)


def internal_problem() -> Problem:
    """The problem of an unexpected error: says nothing; the log says everything."""
    return _problem(_INTERNAL, detail="The service made a mistake. Its log says more.")


def invalid_field(place: str, *pointer: str | int, detail: str) -> RequestValidationError:
    """The error to raise for a field that only a route can check."""
    return RequestValidationError([{"type": "value_error", "loc": (place, *pointer), "msg": detail}])


def problem_response(request: Request, problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response, with the request id filled in."""
    problem = problem.model_copy(update={"request_id": getattr(request.state, "request_id", None)})
    body = problem.model_dump_json(exclude_none=True, by_alias=True)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def install_problem_handlers(app: FastAPI) -> None:
    """Make an app answer every expected error with a problem. Unexpected ones are the `Edge`'s."""

    async def answer(request: Request, error: Exception) -> Response:
        match error:
            case RequestValidationError():
                problem = _problem(_INVALID_REQUEST, detail=None)
                return problem_response(request, problem.model_copy(update={"errors": _fields(error.errors())}))
            case HTTPException():
                return problem_response(request, _http_problem(error), headers=error.headers)
            case errors.ReidError():
                problem = problem_of(error)
                if problem.status >= 500:
                    _log.error("request_failed", problem=problem.type, message=str(error))
                return problem_response(request, problem)
        raise error

    for kind in (RequestValidationError, HTTPException, errors.ReidError):
        app.add_exception_handler(kind, answer)


def _problem(kind: ProblemKind, *, detail: str | None) -> Problem:
    return Problem(type=_TYPE_PREFIX + kind.slug, title=kind.title, status=kind.status, detail=detail)


def _http_problem(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    kind = _HTTP_KINDS.get(error.status_code)
    if kind is None:
        kind = ProblemKind(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    return _problem(kind, detail=None if error.detail == phrase else str(error.detail))


def _fields(found: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    # Only place and message are taken over: pydantic's `input` and `ctx` may hold an embedding or a key.
    fields = []
    for item in found:
        place, *steps = item["loc"] or ("body",)
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
        fields.append(FieldProblem(place=str(place), pointer=pointer, detail=str(item["msg"])))
    return fields
