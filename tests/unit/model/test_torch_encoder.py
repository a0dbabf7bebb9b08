"""The way a checkpoint is served: the network in torch or ONNX Runtime, pooling in NumPy; as it was trained."""

import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError, SettingsError
from reid_app.model.checkpoint import load_checkpoint, save_checkpoint
from reid_app.model.config import EncoderConfig
from reid_app.model.embedder_config import TrainedPooling
from reid_app.model.encoders import make_encoder
from reid_app.model.head import Head
from reid_app.model.places import ModelPlaces
from reid_app.model.preprocess import preprocess_crops
from reid_app.model.served import split_for_serving
from reid_app.model.torch_encoder import TorchEncoder
from reid_app.tracklets.types import Tracklet
from tests.unit.model.networks import CARD, SMALL, small_embedder, stored_checkpoint
from tests.unit.model.people import noise, tracklet

ONE_THREAD = EncoderConfig(threads=1)
PEOPLE = [
    tracklet("a", [noise(1), noise(2), noise(3)], sharpness=[0.1, 1.0, 0.5]),
    tracklet("b", [noise(4)], sharpness=[0.7]),
]


def embedded_by_torch(path: Path, people: list[Tracklet]) -> NDArray[np.float32]:
    """`TrackletEmbedder.embed`, the form of training and evaluation, on whole tracklets."""
    embedder, _ = load_checkpoint(path)
    rows = []
    for person in people:
        clip = preprocess_crops([crop.image for crop in person.crops], preprocess=SMALL)
        quality_BT = torch.tensor([[crop.quality.overall for crop in person.crops]])
        with torch.inference_mode():
            mask_BT = torch.ones(1, len(clip), dtype=torch.bool)
            rows.append(embedder.embed(torch.from_numpy(clip)[None], mask_BT=mask_BT, quality_BT=quality_BT)[0])
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("neck", ["bn", "none"])
@pytest.mark.parametrize("pooling", get_args(TrainedPooling))
def test_it_serves_what_was_trained(tmp_path: Path, pooling: TrainedPooling, neck: str) -> None:
    path = stored_checkpoint(tmp_path, pooling=pooling, neck=neck)
    encoder = TorchEncoder(path, config=EncoderConfig(threads=1, batch_size=3))
    made = encoder.encode(PEOPLE)
    np.testing.assert_allclose(made, embedded_by_torch(path, PEOPLE), atol=2e-6)
    assert (encoder.name, encoder.dimension, made.dtype) == ("tiny", 512, np.float32)


@pytest.mark.parametrize(
    ("options", "poolings", "where"),
    [
        ({"pooling": "mean"}, ("mean", "quality"), "network"),
        ({"pooling": "class_probability"}, ("mean", "quality"), "network"),
        ({"pooling": "quality"}, ("quality", "mean"), "network"),
        ({"pooling": "mean", "neck": "none"}, ("mean", "quality", "max"), "nowhere"),
        ({"pooling": "max"}, ("max", "mean", "quality"), "head"),
        ({"pooling": "gem"}, ("gem", "mean", "quality", "max"), "head"),
        ({"pooling": "attention"}, ("attention", "mean", "quality", "max"), "head"),
    ],
)
def test_what_a_network_offers(options: dict[str, Any], poolings: tuple[str, ...], where: str) -> None:
    network, head = split_for_serving(small_embedder(**options))
    assert head.poolings == poolings
    assert not head.normalise_frames
    is_in_network = isinstance(network.neck, torch.nn.BatchNorm1d)
    assert {"network": (True, False), "head": (False, True), "nowhere": (False, False)}[where] == (
        is_in_network,
        head.neck is not None,
    )


@pytest.mark.parametrize("pooling", ["mean", "max", "quality"])
def test_another_pooling_is_the_trained_network_with_that_pooling(tmp_path: Path, pooling: str) -> None:
    """A network trained with gem, asked for another pooling, against the same weights under that pooling's name."""
    asked = TorchEncoder(
        stored_checkpoint(tmp_path, pooling="gem"),
        config=EncoderConfig.model_validate({"pooling": pooling, "threads": 1}),
    )
    other = stored_checkpoint(tmp_path, name="other", pooling=pooling)
    np.testing.assert_allclose(asked.encode(PEOPLE), embedded_by_torch(other, PEOPLE), atol=2e-6)


def test_a_pooling_that_was_not_learned_is_refused(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    with pytest.raises(SettingsError, match=r"pooling is attention, model net has mean, quality"):
        TorchEncoder(path, config=EncoderConfig(threads=1, model="net", pooling="attention"))


def test_settings_name_a_checkpoint_by_its_path(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path)
    places = ModelPlaces(models_dir=None, data_dir=tmp_path)
    encoder = make_encoder(EncoderConfig(threads=1, model=str(path)), known=(), places=places)
    assert isinstance(encoder, TorchEncoder)
    same = TorchEncoder(path, config=EncoderConfig(threads=1, pooling="mean", batch_size=1))
    assert encoder.model_id == same.model_id
    assert encoder.model_id != TorchEncoder(path, config=EncoderConfig(threads=1, pooling="quality")).model_id
    assert encoder.model_id != TorchEncoder(path, config=EncoderConfig(threads=1, num_frames=3)).model_id


def test_other_weights_have_another_id(tmp_path: Path) -> None:
    ids = {
        TorchEncoder(stored_checkpoint(tmp_path, name=name, dimension=size), config=ONE_THREAD).model_id
        for name, size in (("one", 8), ("two", 8), ("three", 9))
    }
    assert len(ids) == 2


def test_a_missing_torch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored_checkpoint(tmp_path)
    monkeypatch.setattr("reid_app.model.encoders.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"torch is not installed: .*or export it where torch is"):
        make_encoder(
            EncoderConfig(threads=1, model=str(path)), known=(), places=ModelPlaces(models_dir=None, data_dir=tmp_path)
        )


def test_broken_weights_are_named(tmp_path: Path) -> None:
    embedder = small_embedder()
    torch.nn.init.constant_(embedder.backbone.trunk.fc[0].weight, torch.nan)
    path = tmp_path / "broken.safetensors"
    save_checkpoint(path, model=embedder, card=CARD)
    with pytest.raises(ModelInvalidError, match=r"model broken \(.*\) gave NaN or infinity for tracklet a"):
        TorchEncoder(path, config=ONE_THREAD).encode(PEOPLE)


def test_serving_without_checkpoints_needs_no_torch() -> None:
    import subprocess

    code = "import sys, reid_app.model.encoders, reid_app.pipelines.parts; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_default_head_suits_public_networks() -> None:
    assert Head() == Head(poolings=("mean", "max", "quality"), normalise_frames=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_a_gpu_gives_the_embeddings_of_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored_checkpoint(tmp_path)
    on_gpu = TorchEncoder(path, config=ONE_THREAD).encode(PEOPLE)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    on_cpu = TorchEncoder(path, config=ONE_THREAD).encode(PEOPLE)
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-4)
