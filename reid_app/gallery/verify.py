"""Proof that an index holds what the catalog says, and finds it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.catalog.catalog import Catalog
from reid_app.gallery.index import VectorIndex

_BATCH = 4096
_SEARCHES = 256
_EXAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Index and catalog side by side."""

    version: int
    """Number of the catalog's change at which they were compared."""
    num_rows: int
    """Tracklets in the index."""
    num_expected: int
    """Embeddings in the catalog."""
    num_missing: int
    """In the catalog only."""
    num_unexpected: int
    """In the index only."""
    num_different: int
    """Vectors that are not equal bit by bit."""
    examples: tuple[str, ...]
    """Ids of some of the missing and different ones."""
    checksum: str
    """Over the ids and vectors of the index that the catalog knows, whatever their order."""
    catalog_checksum: str
    """The same over the catalog's embeddings."""
    num_self_searched: int
    num_self_found: int
    """Tracklets that were the first hit of their own embedding; one with an equal vector counts too."""

    @property
    def is_ok(self) -> bool:
        """Whether everything fits."""
        return (
            self.num_rows == self.num_expected
            and self.num_missing == self.num_unexpected == self.num_different == 0
            and self.checksum == self.catalog_checksum
            and self.num_self_found == self.num_self_searched
        )


def verify_index(
    index: VectorIndex, *, catalog: Catalog, model_id: str, version: int, self_search: int
) -> VerifyReport:
    """Compare every row with the catalog, then search for some of them.

    Args:
        index: Holds the changes of the catalog up to `version`.
        catalog: The truth; must not change meanwhile.
        model_id: Whose embeddings.
        version: Goes into the report.
        self_search: How many rows to search for: all when there are no more, else spread evenly.
    """
    num_expected = 0
    missing: list[str] = []
    different: list[str] = []
    checksum = catalog_checksum = 0
    ids: list[str] = []
    # A model that never had an embedding is not registered, and has nothing to iterate over.
    batches = catalog.embeddings.iterate(model_id, batch=_BATCH) if catalog.embeddings.count(model_id) else iter(())
    for batch in batches:
        batch_ids = [row.tracklet_id for row in batch.tracklets]
        num_expected += len(batch_ids)
        catalog_checksum += _checksum(batch_ids, batch.embeddings_BD)
        is_there_B = np.array([tracklet_id in index for tracklet_id in batch_ids])
        missing.extend(tracklet_id for tracklet_id, is_there in zip(batch_ids, is_there_B, strict=True) if not is_there)
        known = [tracklet_id for tracklet_id, is_there in zip(batch_ids, is_there_B, strict=True) if is_there]
        ours = index.embeddings(known)
        checksum += _checksum(known, ours)
        is_equal = (ours == batch.embeddings_BD[is_there_B]).all(axis=1)
        different.extend(tracklet_id for tracklet_id, equal in zip(known, is_equal, strict=True) if not equal)
        ids.extend(known)
    sampled = ids if len(ids) <= self_search else [ids[i * len(ids) // self_search] for i in range(self_search)]
    return VerifyReport(
        version=version,
        num_rows=len(index),
        num_expected=num_expected,
        num_missing=len(missing),
        num_unexpected=len(index) - len(ids),
        num_different=len(different),
        examples=tuple((missing + different)[:_EXAMPLES]),
        checksum=_text(checksum),
        catalog_checksum=_text(catalog_checksum),
        num_self_searched=len(sampled),
        num_self_found=_count_found(index, sampled),
    )


def _checksum(ids: Sequence[str], embeddings_ND: NDArray[np.float32]) -> int:
    """A sum, so that the order of rows does not matter."""
    return sum(
        int.from_bytes(hashlib.blake2b(tracklet_id.encode() + b"\0" + row_D.tobytes(), digest_size=16).digest(), "big")
        for tracklet_id, row_D in zip(ids, embeddings_ND, strict=True)
    )


def _text(checksum: int) -> str:
    return f"{checksum % (1 << 128):032x}"


def _count_found(index: VectorIndex, ids: Sequence[str]) -> int:
    num_found = 0
    for start in range(0, len(ids), _SEARCHES):
        asked = ids[start : start + _SEARCHES]
        queries = index.embeddings(asked)
        first = [hits[0].tracklet_id if hits else None for hits in index.search(queries, k=1, where=None)]
        for tracklet_id, query_D, found in zip(asked, queries, first, strict=True):
            # Of equal vectors only one can come first.
            num_found += found == tracklet_id or (
                found is not None and bool((index.embeddings([found])[0] == query_D).all())
            )
    return num_found
