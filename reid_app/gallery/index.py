"""The seam between the gallery and the engine that searches vectors."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reid_app.gallery.columns import IndexRow
from reid_app.gallery.filters import GalleryFilter


class Hit(NamedTuple):
    """A tracklet that an index found."""

    tracklet_id: str
    similarity: float
    """Cosine; larger is nearer."""


class VectorIndex(Protocol):
    """Nearest-neighbour search over the embeddings of one model.

    Searches may run at any time and from many threads, and each sees the index as it was at one moment. Changes
    come from one thread at a time.
    """

    @property
    def dimension(self) -> int:
        """D of the embeddings."""
        ...

    def __len__(self) -> int:
        """Number of tracklets."""
        ...

    def __contains__(self, tracklet_id: str) -> bool: ...

    def add(self, rows: Sequence[IndexRow], embeddings_ND: NDArray[np.float32]) -> None:
        """Add tracklets that are not there yet.

        Raises:
            ValueError: A tracklet is there already, or comes twice; an embedding is not finite, not L2-normalised
                or of another dimension.
        """
        ...

    def remove(self, tracklet_ids: Collection[str]) -> int:
        """Forget tracklets; unknown ones are fine. Returns how many were there."""
        ...

    def set_identities(self, identity_of: Mapping[str, str | None]) -> None:
        """Say who tracklets show: identity ids by tracklet id.

        Raises:
            KeyError: A tracklet is not there.
        """
        ...

    def embeddings(self, tracklet_ids: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings ``(N, D)`` as they were added, bit by bit.

        Raises:
            KeyError: A tracklet is not there.
        """
        ...

    def search(self, queries_QD: NDArray[np.float32], *, k: int, where: GalleryFilter | None) -> list[list[Hit]]:
        """The k nearest tracklets of each query, nearest first, equal similarities in the order of tracklet ids.

        Args:
            queries_QD: L2-normalised.
            k: At least 1; fewer come back when fewer fit.
            where: Which tracklets may be returned; nothing lets all pass.

        Raises:
            ValueError: A query is not finite, not L2-normalised or of another dimension; k is below 1.
        """
        ...
