"""Lists in pages: a limit, and an opaque cursor that says where the next page starts."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field, ValidationError

from services.http.problems import invalid_field

MAX_PAGE_ITEMS = 200
_MAX_CURSOR_CHARS = 1024

Item = TypeVar("Item")
Position = TypeVar("Position", bound=BaseModel)
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Ask with it for the next page; null on the last page.")


class PageQuery:
    """Dependency: which page is asked for."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE_ITEMS, description="Most items in the page.")] = 50,
        cursor: Annotated[
            str | None, Query(max_length=_MAX_CURSOR_CHARS, description="`next_cursor` of the page before.")
        ] = None,
    ) -> None:
        self.limit = limit
        self.cursor = cursor

    @property
    def after(self) -> str | None:
        """Where the page starts, as the catalog names it; None for the first page.

        Raises:
            RequestValidationError: The cursor is not one that a list gave out.
        """
        position = self.position(After)
        return position.after if position else None

    def position(self, kind: type[Position]) -> Position | None:
        """Where the page starts, or None for the first page.

        Raises:
            RequestValidationError: The cursor is not one that `encode_cursor` made for this kind of list.
        """
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            return kind.model_validate_json(base64.b64decode(padded, altchars=b"-_", validate=True), strict=True)
        except (ValueError, ValidationError):
            raise invalid_field("query", "cursor", detail="Not a cursor that this list gave out.") from None


class After(BaseModel):
    """The place behind a row, as the catalog names it."""

    after: str = Field(max_length=_MAX_CURSOR_CHARS)


def page_of(
    rows: Sequence[Row], *, query: PageQuery, view: Callable[[Row], Item], place: Callable[[Row], str]
) -> Page[Item]:
    """One page of a list of the catalog.

    Args:
        rows: One more than the page holds, if there are so many.
        query: Says how many the page holds.
        view: A row as clients see it.
        place: Where the next page starts after this row.
    """
    shown = rows[: query.limit]
    following = encode_cursor(After(after=place(shown[-1]))) if len(rows) > len(shown) else None
    return Page(items=[view(row) for row in shown], next_cursor=following)


def encode_cursor(position: BaseModel) -> str:
    """A position as an opaque cursor."""
    return base64.urlsafe_b64encode(position.model_dump_json().encode()).rstrip(b"=").decode()
