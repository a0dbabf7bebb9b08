"""Runs: a video and everything that shapes its tracklets. At most one run of a video is visible."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.changes import append_changes
from reid_app.catalog.database import Database
from reid_app.catalog.ids import run_id as derived_run_id
from reid_app.catalog.insertion import insert_tracklets
from reid_app.catalog.labels import labels_of_video
from reid_app.catalog.observations import ReadObservations
from reid_app.catalog.replacement import CarryOver, read_labelled_run, replace_other_runs, show_run, work_out_carry_over
from reid_app.catalog.rows import ChangeKind, FinishedRun, NewTracklet, NotCarriedOver, RunRow, RunState
from reid_app.catalog.tables import runs, tracklets
from reid_app.catalog.times import utc_now
from reid_app.catalog.videos import find_video
from reid_app.errors import ConflictError, NotFoundError


class Runs:
    """Starts, continues and finishes runs.

    The first run of a video is visible from its start; one that replaces another is invisible until it is finished,
    and then takes the other's place in one transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, video_id: str, *, settings: Mapping[str, Any]) -> RunRow:
        """The run of a video with some settings: a new one, or the one that is there, complete or not.

        Args:
            video_id: A known video.
            settings: Everything that shapes tracklets, as JSON values.

        Raises:
            NotFoundError: There is no such video.
            ValueError: A number in the settings is not finite.
        """
        run_id = derived_run_id(video_id, settings=settings)
        with self._database.write() as connection:
            find_video(connection, video_id)
            if _find(connection, run_id) is None:
                shown = sa.select(runs.c.run_id).where(runs.c.video_id == video_id, runs.c.is_visible)
                connection.execute(
                    sa.insert(runs).values(
                        run_id=run_id,
                        video_id=video_id,
                        settings=dict(settings),
                        state=RunState.RUNNING.value,
                        is_visible=connection.execute(shown).first() is None,
                        checkpoint=None,
                        report=None,
                        not_carried_over=[],
                        created_at=utc_now(),
                        finished_at=None,
                    )
                )
            return _require(connection, run_id)

    def checkpoint(self, run_id: str, *, tracklets: Sequence[NewTracklet], checkpoint: Mapping[str, Any]) -> None:
        """Store tracklets and how far the run has come, in one transaction.

        The same tracklets again change nothing, so that a step can be repeated.

        Args:
            run_id: A run that is not complete.
            tracklets: Their files are on disk already.
            checkpoint: From where to go on, as JSON values; the earlier one is replaced.

        Raises:
            NotFoundError: There is no such run (any more: another one may have replaced it).
            ConflictError: The run is complete, or a tracklet of that id or place is there with another content.
            ValueError: A time of a tracklet is not finite or its end comes before its start.
        """
        with self._database.write() as connection:
            run = _require(connection, run_id)
            if run.state is RunState.COMPLETE:
                raise ConflictError(f"run {run_id} is complete: start it again with `Runs.start` to see its result")
            video = find_video(connection, run.video_id)
            added = insert_tracklets(connection, tracklets, run_id=run_id, video=video)
            if run.is_visible:
                append_changes(connection, ChangeKind.TRACKLET_ADDED, added, detail=None)
            connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(checkpoint=dict(checkpoint)))

    def finish(self, run_id: str, *, report: Mapping[str, Any], observations: ReadObservations) -> FinishedRun:
        """Complete a run; if the video has others, take their place in the same transaction.

        Names that people gave go over to the tracklets that overlap with them in space and time. Finishing a complete
        run again changes nothing.

        Args:
            run_id: The run.
            report: What happened, as JSON values.
            observations: Reads the times and boxes of a tracklet; called, outside of any transaction, only for
                tracklets that may take over a name.

        Raises:
            NotFoundError: There is no such run (any more: another one may have replaced it).
        """
        while True:
            carry = self._work_out(run_id, observations=observations)
            with self._database.write() as connection:
                run = _require(connection, run_id)
                if run.state is RunState.COMPLETE:
                    return FinishedRun(run=run, removed_paths=(), not_carried_over=run.not_carried_over)
                if not run.is_visible and carry.labels != tuple(labels_of_video(connection, run.video_id)):
                    # Somebody gave or took a name in between.
                    continue
                return _complete(connection, run, report=report, carry=carry)

    def get(self, run_id: str) -> RunRow:
        """One run.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._database.read() as connection:
            return _require(connection, run_id)

    def list_of_video(self, video_id: str) -> list[RunRow]:
        """The runs of a video, oldest first."""
        return self._list(runs.c.video_id == video_id)

    def list_incomplete(self) -> list[RunRow]:
        """Runs that are going on or were interrupted, oldest first."""
        return self._list(runs.c.state == RunState.RUNNING.value)

    def paths(self, run_id: str) -> list[str]:
        """Files of a run's tracklets, in order, whether readers see them or not; none for an unknown run."""
        query = sa.select(tracklets.c.path).where(tracklets.c.run_id == run_id).order_by(tracklets.c.ordinal)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def _list(self, condition: sa.ColumnElement[bool]) -> list[RunRow]:
        query = sa.select(runs).where(condition).order_by(runs.c.created_at, runs.c.run_id)
        with self._database.read() as connection:
            return [_to_run_row(row) for row in connection.execute(query)]

    def _work_out(self, run_id: str, *, observations: ReadObservations) -> CarryOver:
        with self._database.read() as connection:
            run = _require(connection, run_id)
            if run.is_visible:
                # Its tracklets carry their labels already.
                return CarryOver(labels=(), claims=())
            labelled = read_labelled_run(connection, video_id=run.video_id, run_id=run_id)
        return work_out_carry_over(labelled, observations=observations)


def _complete(connection: sa.Connection, run: RunRow, *, report: Mapping[str, Any], carry: CarryOver) -> FinishedRun:
    removed = replace_other_runs(connection, video_id=run.video_id, run_id=run.run_id)
    if not run.is_visible:
        show_run(connection, run.run_id, claims=carry.claims)
    connection.execute(
        sa.update(runs)
        .where(runs.c.run_id == run.run_id)
        .values(
            state=RunState.COMPLETE.value,
            report=dict(report),
            not_carried_over=[asdict(lost) for lost in carry.lost],
            finished_at=utc_now(),
        )
    )
    finished = _require(connection, run.run_id)
    return FinishedRun(run=finished, removed_paths=tuple(removed), not_carried_over=finished.not_carried_over)


def _find(connection: sa.Connection, run_id: str) -> RunRow | None:
    row = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).one_or_none()
    return None if row is None else _to_run_row(row)


def _require(connection: sa.Connection, run_id: str) -> RunRow:
    found = _find(connection, run_id)
    if found is None:
        raise NotFoundError(
            f"there is no run {run_id!r}: another run of its video may have replaced it; ingest the video again"
        )
    return found


def _to_run_row(row: sa.Row[Any]) -> RunRow:
    return RunRow(
        run_id=row.run_id,
        video_id=row.video_id,
        settings=row.settings,
        state=RunState(row.state),
        is_visible=row.is_visible,
        checkpoint=row.checkpoint,
        report=row.report,
        not_carried_over=tuple(NotCarriedOver(**lost) for lost in row.not_carried_over),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
