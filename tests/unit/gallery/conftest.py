from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.gallery.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A catalog with 60 embedded tracklets of three videos."""
    made = World(tmp_path)
    for video in range(3):
        made.ingest(video, settings=0, count=20)
    made.embed()
    yield made
    made.catalog.close()
