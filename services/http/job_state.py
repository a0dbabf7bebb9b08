"""Where a job is: its state and its progress."""

from collections.abc import Mapping
from enum import StrEnum

from dbos import WorkflowStatus
from pydantic import BaseModel, Field


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job changes no more, unless it is retried."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class Progress(BaseModel):
    """How far a job is."""

    done: int = Field(ge=0)
    total: int | None = Field(description="Null while it is not known.")
    unit: str = Field(examples=["frames"])


_STATES: Mapping[str, JobState] = {
    "DELAYED": JobState.QUEUED,
    "ENQUEUED": JobState.QUEUED,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.SUCCEEDED,
    "ERROR": JobState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}


def state_of(row: WorkflowStatus) -> JobState:
    """The state of the job that a row of dbos stands for."""
    return _STATES[row.status]
