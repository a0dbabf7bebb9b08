import subprocess
import sys

import pytest
import torch
from torch import Tensor

from reid_app.losses.gathering import gather_rows, num_processes, sum_processes
from tests.unit.losses.two_processes import METRICS, step

Steps = dict[str, dict[str, Tensor]]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> list[Steps]:
    """What each of two real processes found in one step of each metric."""
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, "-m", "tests.unit.losses.two_processes"]
    running = [subprocess.Popen([*command, str(rank), "2", str(folder)]) for rank in range(2)]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.parametrize("metric", METRICS)
def test_two_processes_are_one(processes: list[Steps], metric: str) -> None:
    """Loss, terms, and the gradient that DistributedDataParallel has averaged, in each of them."""
    alone = step(metric, rank=0, count=1)  # type: ignore[arg-type]
    assert sum(name.startswith("gradient") for name in alone) == 6
    for found in processes:
        assert found[metric].keys() == alone.keys()
        for name, expected in alone.items():
            torch.testing.assert_close(found[metric][name], expected, msg=name)


def test_alone_nothing_is_gathered() -> None:
    rows = torch.ones(2, 3)
    assert num_processes() == 1
    assert gather_rows(rows) is rows
    assert sum_processes(rows) is rows
