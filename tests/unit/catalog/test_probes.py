from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import NewProbeTracklet
from reid_app.errors import NotFoundError
from tests.unit.catalog.builders import unit_vectors

SOON = datetime.now(UTC) + timedelta(hours=1)
PAST = datetime.now(UTC) - timedelta(seconds=1)


def person(probe_id: str, ordinal: int) -> NewProbeTracklet:
    return NewProbeTracklet(
        tracklet_id=f"{probe_id}-{ordinal}",
        ordinal=ordinal,
        start_s=0.0,
        end_s=2.5,
        num_crops=3,
        quality=0.5,
        path=f"probes/{probe_id}/{ordinal}.zip",
        sha256="e" * 64,
        model_id="m",
        embedding_D=unit_vectors(1, 16, seed=ordinal)[0],
    )


def test_people_of_a_probe_come_back(catalog: Catalog) -> None:
    people = [person("p1", 1), person("p1", 0)]
    catalog.probes.add("p1", tracklets=people, expires_at=SOON)
    rows = catalog.probes.list("p1")
    assert [row.tracklet_id for row in rows] == ["p1-0", "p1-1"]
    row = catalog.probes.tracklet("p1-1")
    assert row is not None
    assert (row.probe_id, row.expires_at, row.end_s, row.path) == ("p1", SOON, 2.5, "probes/p1/1.zip")
    np.testing.assert_allclose(row.embedding_D, people[0].embedding_D, atol=1e-3)


def test_probes_are_never_in_the_gallery(catalog: Catalog) -> None:
    catalog.embeddings.register_model("m", name="m", dimension=16)
    catalog.probes.add("p1", tracklets=[person("p1", 0)], expires_at=SOON)
    assert catalog.tracklets.count() == 0
    assert catalog.embeddings.count("m") == 0
    assert catalog.embeddings.missing("m", limit=1) == []
    assert catalog.changes.last_number() == 0


def test_a_probe_without_people_is_there(catalog: Catalog) -> None:
    catalog.probes.add("p1", tracklets=[], expires_at=SOON)
    assert catalog.probes.list("p1") == []
    with pytest.raises(NotFoundError, match="p404"):
        catalog.probes.list("p404")
    assert catalog.probes.tracklet("p404-0") is None


def test_a_repeated_job_replaces_its_probe(catalog: Catalog) -> None:
    catalog.probes.add("p1", tracklets=[person("p1", 0), person("p1", 1)], expires_at=PAST)
    catalog.probes.add("p1", tracklets=[person("p1", 0)], expires_at=SOON)
    assert [row.tracklet_id for row in catalog.probes.list("p1")] == ["p1-0"]


def test_an_expired_probe_does_not_exist_even_before_it_is_deleted(catalog: Catalog) -> None:
    catalog.probes.add("p1", tracklets=[person("p1", 0)], expires_at=PAST)
    assert catalog.probes.tracklet("p1-0") is None
    with pytest.raises(NotFoundError, match="p1"):
        catalog.probes.list("p1")


def test_deleting_takes_the_expired_only_and_says_which_files(catalog: Catalog) -> None:
    now = datetime(2026, 1, 31, 8, tzinfo=UTC)
    for probe_id, seconds in (("before", -1), ("at", 0), ("after", 1)):
        catalog.probes.add(probe_id, tracklets=[person(probe_id, 0)], expires_at=now + timedelta(seconds=seconds))
    assert catalog.probes.delete_expired(now) == ["probes/at/0.zip", "probes/before/0.zip"]
    assert catalog.probes.delete_expired(now) == []
    assert catalog.probes.delete_expired(now + timedelta(seconds=1)) == ["probes/after/0.zip"]
