"""Several processes at once, and processes that are killed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from reid_app.catalog.catalog import Catalog
from tests.postgres import running_cluster
from tests.unit.catalog.writer_process import PER_CHECKPOINT

NUM_CHECKPOINTS = 40


def start(url: str, camera_id: str, num_checkpoints: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.unit.catalog.writer_process", url, camera_id, str(num_checkpoints)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def join(process: "subprocess.Popen[bytes]") -> int:
    process.communicate(timeout=120)
    return process.returncode


def test_changes_of_many_writers_have_no_gaps_and_are_seen_in_order(url: str) -> None:
    """A reader that follows them sees number n before n + 1, always."""
    with Catalog.open(url) as catalog:
        writers = [start(url, f"cam{number}", NUM_CHECKPOINTS) for number in range(2)]
        seen: list[int] = []
        is_over = False
        while True:
            changes = catalog.changes.after(seen[-1] if seen else 0, limit=1000)
            seen += [change.number for change in changes]
            # All at once again: what was passed over before would show up now.
            assert [change.number for change in catalog.changes.after(0, limit=100_000)][: len(seen)] == seen
            if is_over and not changes:
                break
            is_over = all(writer.poll() is not None for writer in writers)
        assert [join(writer) for writer in writers] == [0, 0]
        assert seen == list(range(1, 2 * NUM_CHECKPOINTS * PER_CHECKPOINT + 1))
        assert catalog.changes.last_number() == len(seen)
        ids = {change.tracklet_id for change in catalog.changes.after(0, limit=100_000)}
        assert len(ids) == catalog.tracklets.count() == len(seen)


def assert_whole(catalog: Catalog) -> int:
    """Every tracklet has its change and its checkpoint, and the other way round; returns how many there are."""
    changes = catalog.changes.after(0, limit=100_000)
    tracklets = catalog.tracklets.list(limit=100_000)
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    assert catalog.changes.last_number() == len(changes)
    assert {change.tracklet_id for change in changes} == {row.tracklet_id for row in tracklets}
    for run in catalog.runs.list_incomplete():
        done = 0 if run.checkpoint is None else run.checkpoint["done"]
        assert len(catalog.runs.paths(run.run_id)) == done * PER_CHECKPOINT
    return len(tracklets)


def test_kill_9_leaves_nothing_half_and_nothing_lost(empty_url: str) -> None:
    generator = random.Random(5)
    for _ in range(6):
        writer = start(empty_url, "cam1", NUM_CHECKPOINTS * 100)
        assert writer.stdout is not None
        promised = int(writer.stdout.readline())
        time.sleep(generator.uniform(0.0, 0.1))
        os.kill(writer.pid, signal.SIGKILL)
        promised = max([promised, *map(int, writer.stdout.read().split())])
        writer.wait(timeout=30)
        writer.stdout.close()
        with Catalog.open(empty_url) as catalog:
            assert assert_whole(catalog) >= promised * PER_CHECKPOINT


def test_kill_9_while_the_tables_are_made_leaves_all_or_nothing(empty_url: str) -> None:
    generator = random.Random(7)
    for _ in range(4):
        writer = start(empty_url, "cam1", 0)
        time.sleep(generator.uniform(0.2, 0.8))
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=30)
        engine = sa.create_engine(empty_url)
        tables = set(sa.inspect(engine).get_table_names())
        engine.dispose()
        assert not tables or {"catalog_version", "counters", "changes", "probe_tracklets"} <= tables
    with Catalog.open(empty_url) as catalog:
        assert assert_whole(catalog) == 0


@pytest.mark.slow
def test_a_server_that_crashes_has_what_it_promised() -> None:
    with running_cluster(is_durable=True) as cluster:
        url = cluster.new_database()
        writer = start(url, "cam1", NUM_CHECKPOINTS * 100)
        assert writer.stdout is not None
        promised = int(writer.stdout.readline())
        cluster.stop()
        promised = max([promised, *map(int, writer.stdout.read().split())])
        writer.stdout.close()
        assert writer.wait(timeout=30) != 0
        cluster.start()
        with Catalog.open(url) as catalog:
            assert assert_whole(catalog) >= promised * PER_CHECKPOINT


def test_a_lost_connection_is_replaced(postgres_url: str) -> None:
    """The server drops connections that were idle; the next request must not fail."""
    with Catalog.open(postgres_url) as catalog:
        catalog.keys.create("laptop", scopes=["read"])
        engine = sa.create_engine(postgres_url)
        with engine.begin() as connection:
            drop = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            )
            connection.execute(sa.text(f"{drop} pg_backend_pid()"))
        engine.dispose()
        assert [key.name for key in catalog.keys.list()] == ["laptop"]
