from pathlib import Path

import pytest

from reid_app.data.datasets import load_dataset
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import SettingsError
from reid_app.training.config import ValidationConfig
from reid_app.training.training_part import divide
from tests.unit.training.conftest import ACROSS_CAMERAS


def validation(share: float, protocol: str = "leave-one-out", seed: int = 0) -> ValidationConfig:
    return ValidationConfig.model_validate({"share": share, "every": 1, "protocol": protocol, "seed": seed})


def tracklet(name: str, pid: int) -> LabelledTracklet:
    return LabelledTracklet(name=name, pid=pid, camid=0, frame_paths=(Path(f"{name}.jpg"),))


def test_nobody_is_on_both_sides_and_nobody_is_lost(crops: Path) -> None:
    dataset = load_dataset("mars-crops", crops)
    part = divide(dataset, validation(0.5))
    learned, held_out = ({one.pid for one in side} for side in (part.learned, part.held_out))
    assert not learned & held_out
    assert len(held_out) == 3
    assert {*part.learned, *part.held_out} == set(dataset.train)
    assert part.counts()["identities"] == 3
    assert part.counts()["held_out_identities"] == 3


def test_only_those_are_held_out_whom_the_protocol_can_find(crops: Path) -> None:
    dataset = load_dataset("mars-crops", crops)
    for seed in range(5):
        part = divide(dataset, validation(0.5, "cross-camera", seed))
        assert {one.pid for one in part.held_out} <= {int(identity) for identity in ACROSS_CAMERAS}


def test_who_is_held_out_depends_on_the_seed_only(crops: Path) -> None:
    dataset = load_dataset("mars-crops", crops)
    assert divide(dataset, validation(0.5)) == divide(dataset, validation(0.5))
    assert len({divide(dataset, validation(0.5, seed=seed)).held_out for seed in range(5)}) > 1


def test_without_a_validation_all_people_are_learned_but_no_distractor() -> None:
    people = (tracklet("a", 1), tracklet("b", 2))
    dataset = ReidDataset(name="d", train=(*people, tracklet("c", 0), tracklet("e", -1)), query=(), gallery=())
    assert divide(dataset, None).learned == people


@pytest.mark.parametrize(("share", "protocol"), [(0.1, "leave-one-out"), (0.9, "cross-camera")])
def test_too_few_to_hold_out_is_a_setting(crops: Path, share: float, protocol: str) -> None:
    with pytest.raises(SettingsError, match=rf"share {share} wants \d .*needs 2 to"):
        divide(load_dataset("mars-crops", crops), validation(share, protocol))
