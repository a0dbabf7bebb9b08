import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from reid_app.errors import ModelInvalidError, ModelMissingError, StorageFullError
from reid_app.model.checkpoint import load_checkpoint, save_checkpoint
from tests.unit.model.networks import CARD, SMALL, small_embedder, stored_checkpoint


@pytest.mark.parametrize("options", [{}, {"pooling": "attention", "dimension": 8}, {"pooling": "gem", "neck": "none"}])
def test_it_comes_back_to_the_last_bit(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / "runs" / "best.safetensors"
    stored = save_checkpoint(path, model=small_embedder(**options), card=CARD)
    model, card = load_checkpoint(path)
    expected = small_embedder(**options)
    assert not model.training
    assert model.config == expected.config
    assert model.state_dict().keys() == expected.state_dict().keys()
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in expected.state_dict().items())
    assert card == stored
    assert card.model_dump(include=set(type(CARD).model_fields)) == CARD.model_dump()


def test_the_card_is_readable_and_says_what_the_weights_are(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path, pooling="gem")
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (card["architecture"]["backbone"], card["architecture"]["pooling"]) == ("osnet_x0_25", "gem")
    assert card["architecture"]["preprocess"]["height"] == SMALL.height
    assert (card["licence"], card["metrics"], card["seed"]) == ("CC0-1.0", {"mAP": 0.25}, 7)


def test_where_the_initial_weights_lay_is_no_part_of_a_checkpoint(tmp_path: Path) -> None:
    first = stored_checkpoint(tmp_path)
    model = small_embedder(initial_weights=first)
    second = tmp_path / "second.safetensors"
    save_checkpoint(second, model=model, card=CARD)
    first.unlink()
    assert load_checkpoint(second)[0].config.initial_weights is None
    assert str(tmp_path) not in second.with_suffix(".json").read_text()


def with_card(path: Path, **change: Any) -> None:
    card_path = path.with_suffix(".json")
    card_path.write_text(json.dumps(json.loads(card_path.read_text()) | change))


def test_other_weights_than_the_cards_are_refused(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelInvalidError, match=r"tiny\.safetensors has sha256 .*, its card tiny\.json says"):
        load_checkpoint(path)


def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    tensors = load_file(path)
    tensors["extra.weight"] = torch.zeros(1)
    del tensors["neck.weight"]
    save_file(tensors, path)
    with_card(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelInvalidError, match=r"missing: neck\.weight; not expected: extra\.weight"):
        load_checkpoint(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    torch.save({}, path)
    with_card(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelInvalidError, match="is no safetensors file"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "reid-checkpoint-9"}, "format: Input should be 'reid-checkpoint-1'"),
        ({"sha256": "x"}, "sha256: "),
        ({"architecture": {"backbone": "osnet_x0_25"}}, r"architecture\.preprocess: Field required"),
        ({"licence": ""}, "licence: "),
        ({"colour": 1}, "colour: Extra inputs"),
    ],
)
def test_a_bad_card_is_refused_by_key(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = stored_checkpoint(tmp_path)
    with_card(path, **change)
    with pytest.raises(ModelInvalidError, match=rf"tiny\.json is no card of a checkpoint: {said}"):
        load_checkpoint(path)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelMissingError, match=r"tiny\.json, the model card of .*tiny\.safetensors, does not exist"):
        load_checkpoint(path)
    with pytest.raises(ModelMissingError, match=r"other\.safetensors does not exist"):
        load_checkpoint(tmp_path / "other.safetensors")
    with pytest.raises(ModelInvalidError, match="cannot be read: Is a directory"):
        load_checkpoint(tmp_path)


def test_a_checkpoint_has_its_ending(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.safetensors, got best\.pth"):
        save_checkpoint(tmp_path / "best.pth", model=small_embedder(), card=CARD)


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored_checkpoint(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFullError):
        save_checkpoint(path, model=small_embedder(pooling="gem"), card=CARD)
    monkeypatch.undo()
    assert load_checkpoint(path)[0].config.pooling == "mean"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tiny.json", "tiny.safetensors"]
