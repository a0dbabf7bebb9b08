"""``kill -9`` at random moments, again and again: nothing is lost, nothing is there twice."""

import sqlite3
from pathlib import Path

import pytest

from tests.kills import compare

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_killed_ingestion_and_indexing_end_as_if_never_killed(
    tmp_path: Path, sample_videos: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REID_MODELS_DIR", raising=False)
    result = compare(sample_videos[0], detector="motion", num_kills=10, seed=1, folder=tmp_path)
    assert result["kills_during_ingestion"] >= 10
    assert result["kills_during_indexing"] >= 10
    with sqlite3.connect(tmp_path / "killed" / "catalog.sqlite3") as catalog:
        assert catalog.execute("SELECT COUNT(*) FROM embeddings").fetchone() == (result["tracklets"],)
        numbers = [number for (number,) in catalog.execute("SELECT number FROM changes ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))
