"""Two real processes that train together by gloo."""

import signal
from pathlib import Path

import pytest
import torch

from reid_app.training.processes import Processes
from reid_app.training.reproducible import reproducible
from tests.unit.training.runs import as_pair, equal, finish, start, start_training, wait_for_row, weights
from tests.unit.training.two_processes import learned_state

ALONE = Processes(rank=0, count=1, device=torch.device("cpu"))


def test_two_processes_learn_what_one_learns_from_the_same_batches(crops: Path, tmp_path: Path) -> None:
    """Weights, their average and the optimiser's momentum; without batch normalisation, which sees parts of a batch."""
    file = tmp_path / "state.safetensors"
    finish(
        *(
            start(str(crops), str(file), module="tests.unit.training.two_processes", **environment)
            for environment in as_pair()
        )
    )
    with reproducible(threads=1, device=ALONE.device):
        alone = learned_state(crops, ALONE)
    together = weights(file)
    assert together.keys() == alone.keys()
    assert sum(name.startswith("optimiser") for name in alone) == 8
    for name, expected in alone.items():
        torch.testing.assert_close(
            together[name], expected, rtol=1e-4, atol=1e-6, msg=lambda text, name=name: name + text
        )


@pytest.mark.slow
def test_a_signal_to_one_stops_both_and_resuming_ends_as_if_never_stopped(crops: Path, tmp_path: Path) -> None:
    changes = (
        "records={log_every: 1, resume_every: 100}",
        "validation={share: 0.34, every: 4, protocol: leave-one-out}",
    )
    stopped = [start_training(crops, tmp_path / "stopped", *changes, **environment) for environment in as_pair()]
    wait_for_row(tmp_path / "stopped" / "training.csv", 3, of=stopped[0])
    stopped[1].send_signal(signal.SIGINT)
    for process in stopped:
        _, errors = process.communicate(timeout=300)
        assert "CancelledError" in errors
    for name in ("stopped", "whole"):
        finish(*(start_training(crops, tmp_path / name, *changes, **environment) for environment in as_pair()))
    files = [weights(tmp_path / name / "last.safetensors") for name in ("stopped", "whole")]
    assert equal(*files)
