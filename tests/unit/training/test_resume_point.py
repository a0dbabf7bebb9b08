from pathlib import Path

import pytest
import torch

from reid_app.errors import DamagedError
from reid_app.training.resume_point import Progress, read_resume_point, write_resume_point

PROGRESS = Progress(
    next_step=7,
    metrics={"mean_ap": 0.1},
    best_step=None,
    best_metrics={},
    recipe={"seed": 3, "optimiser": {"learning_rate": 0.1}},
    num_processes=1,
    tracklets_sha256="0",
    platform="here",
)


def test_tensors_of_every_kind_come_back_to_the_last_bit(tmp_path: Path) -> None:
    tensors = {
        "float": torch.randn(3, 2).t(),
        "channels": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
        "scalar": torch.tensor(7),
        "half": torch.randn(5).bfloat16(),
    }
    write_resume_point(tmp_path / "r.safetensors", tensors=tensors, progress=PROGRESS)
    read, progress = read_resume_point(tmp_path / "r.safetensors")
    assert progress == PROGRESS
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensors[name]) and read[name].dtype == tensors[name].dtype for name in read)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_half_a_file_is_damaged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "r.safetensors"
    write_resume_point(path, tensors={"a": torch.ones(100)}, progress=PROGRESS)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DamagedError, match=r"r\.safetensors"):
        read_resume_point(path)


def test_a_file_of_something_else_is_damaged(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / "other.safetensors")
    with pytest.raises(DamagedError, match="another version"):
        read_resume_point(tmp_path / "other.safetensors")
