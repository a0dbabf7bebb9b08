from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.training.runs import copy_crops

ACROSS_CAMERAS = ("0013", "0021", "0023", "0035")
IN_ONE_CAMERA = ("0003", "0007")


@pytest.fixture(scope="session")
def crops(test_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six identities with two tracklets of four crops each; four of them were seen by two cameras."""
    target = tmp_path_factory.mktemp("crops")
    return copy_crops(test_data_dir / "mini_mars", target, identities=(*ACROSS_CAMERAS, *IN_ONE_CAMERA), num_crops=4)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Cores are shared by tests."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)
