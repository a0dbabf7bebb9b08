import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reid_app.model.colour import ColourEncoder
from reid_app.model.config import EncoderConfig
from reid_app.model.fingerprint import model_id
from reid_app.model.head import Head
from reid_app.model.onnx_encoder import OnnxEncoder
from tests.unit.model.people import RAW, stored
from tests.unit.model.tiny_onnx import channel_means

REPOSITORY = Path(__file__).parents[3]
COLOUR_ID = "842c55a299623344"


def test_it_is_the_hash_of_a_text_that_can_be_written_by_hand() -> None:
    text = '{"format":1,"num_frames":8,"pooling":"mean","preprocess":{"height":2,"width":0.5},"source":"abc"}'
    made = model_id("abc", preprocess={"width": 0.5, "height": 2}, head=Head(), config=EncoderConfig())
    assert made == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("hash_seed", ["0", "1234"])
def test_it_is_the_same_in_every_process(hash_seed: str) -> None:
    """The id is pinned: a change of code that changes it must raise a version, because galleries are rebuilt."""
    code = (
        "from reid_app.model.colour import ColourEncoder; from reid_app.model.config import EncoderConfig; "
        "print(ColourEncoder(EncoderConfig()).model_id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == COLOUR_ID


@pytest.mark.parametrize(
    "change",
    [
        {"pooling": "max"},
        {"pooling": "quality"},
        {"num_frames": 4},
        {"num_frames": None},
        {"clips": "dense"},
        {"flip": True},
    ],
)
def test_what_shapes_an_embedding_changes_it(tmp_path: Path, change: dict[str, Any]) -> None:
    changed = EncoderConfig.model_validate(change)
    assert ColourEncoder(changed).model_id != COLOUR_ID
    file = stored(tmp_path, channel_means())
    assert OnnxEncoder(file, config=changed).model_id != OnnxEncoder(file, config=EncoderConfig()).model_id


@pytest.mark.parametrize(
    "change",
    [
        {"channel_order": "bgr"},
        {"scale": 0.5},
        {"mean": (0.0, 0.0, 0.1)},
        {"std": (1.0, 2.0, 1.0)},
        {"height": 32},
        {"width": 32},
    ],
)
def test_every_part_of_the_preprocess_changes_it(tmp_path: Path, change: dict[str, Any]) -> None:
    content = channel_means(size=("height", "width"))
    before = OnnxEncoder(stored(tmp_path, content), config=EncoderConfig())
    after = OnnxEncoder(stored(tmp_path, content, preprocess=RAW.model_copy(update=change)), config=EncoderConfig())
    assert before.model_id != after.model_id


def test_other_weights_change_it_and_another_name_or_place_does_not(tmp_path: Path) -> None:
    def made(name: str, content: bytes) -> str:
        return OnnxEncoder(stored(tmp_path, content, name=name), config=EncoderConfig()).model_id

    assert made("one", channel_means()) == made("two", channel_means())
    assert made("one", channel_means()) != made("one", channel_means(keepdims=True))


@pytest.mark.parametrize("change", [{"batch_size": 1}, {"threads": 1}])
def test_what_changes_speed_only_does_not_change_it(tmp_path: Path, change: dict[str, Any]) -> None:
    changed = EncoderConfig.model_validate(change)
    assert ColourEncoder(changed).model_id == COLOUR_ID
    file = stored(tmp_path, channel_means())
    assert OnnxEncoder(file, config=changed).model_id == OnnxEncoder(file, config=EncoderConfig()).model_id


def test_whole_numbers_and_fractions_of_equal_value_are_one_preprocess() -> None:
    same = RAW.model_validate({**RAW.model_dump(), "scale": 1, "mean": (0, 0, 0)})
    assert model_id("x", preprocess=same.model_dump(mode="json"), head=Head(), config=EncoderConfig()) == model_id(
        "x", preprocess=RAW.model_dump(mode="json"), head=Head(), config=EncoderConfig()
    )
