"""What clients may send: published at `/v1/limits`, enforced on the bytes that arrive, not on promises."""

from dataclasses import dataclass
from typing import Protocol

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Receive, Scope

from services.http.paging import MAX_PAGE_ITEMS

_SCOPE_KEY = "reid.body_limit"


class LimitsConfig(Protocol):
    """The settings that limit requests; `reid_app.settings` holds them."""

    @property
    def max_body_bytes(self) -> int: ...  # noqa: D102
    @property
    def max_upload_bytes(self) -> int: ...  # noqa: D102
    @property
    def max_upload_files(self) -> int: ...  # noqa: D102
    @property
    def min_free_bytes(self) -> int:
        """Uploads that would leave less disk space than this are refused with 507."""


class Limits(BaseModel):
    """Published limits. A service with more of them subclasses this."""

    model_config = ConfigDict(frozen=True)

    max_body_bytes: int = Field(description="Largest request body that is not an upload, in bytes.")
    max_upload_bytes: int = Field(description="Largest upload (all parts of one request together), in bytes.")
    max_upload_files: int = Field(description="Most files in one upload.")
    max_page_items: int = Field(default=MAX_PAGE_ITEMS, description="Largest `limit` of a list.")

    @classmethod
    def of(cls, config: LimitsConfig) -> "Limits":
        """The limits that a configuration sets."""
        return cls(
            max_body_bytes=config.max_body_bytes,
            max_upload_bytes=config.max_upload_bytes,
            max_upload_files=config.max_upload_files,
        )


@dataclass
class BodyLimit:
    """Counts the body of one request while it arrives. An upload route raises the limit before it reads."""

    max_bytes: int
    num_bytes: int = 0

    def attach(self, scope: Scope, receive: Receive) -> Receive:
        """A `receive` that stops with 413 when the limit is passed, or was announced to be."""
        scope[_SCOPE_KEY] = self
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")

        async def limited_receive() -> Message:
            if announced.isdigit() and int(announced) > self.max_bytes:
                raise self._too_large()
            message = await receive()
            self.num_bytes += len(message.get("body", b""))
            if self.num_bytes > self.max_bytes:
                raise self._too_large()
            return message

        return limited_receive

    def _too_large(self) -> HTTPException:
        # An HTTPException and no LimitError: FastAPI lets only these through while it reads a body.
        return HTTPException(413, f"The body is larger than {self.max_bytes} bytes. GET /v1/limits lists all limits.")


def raise_body_limit(request: Request, *, max_bytes: int) -> None:
    """Let the body of one request, of which nothing was read yet, be larger than others."""
    limit: BodyLimit = request.scope[_SCOPE_KEY]
    limit.max_bytes = max_bytes
