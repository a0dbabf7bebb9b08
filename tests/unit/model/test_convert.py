"""Other people's checkpoints, as they write them."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from reid_app.errors import ModelInvalidError, ModelMissingError, SettingsError
from reid_app.model.backbones.osnet import make_osnet
from reid_app.model.checkpoint import load_checkpoint
from reid_app.model.config import EncoderConfig
from reid_app.model.convert import convert_checkpoint
from reid_app.model.embedder import build_embedder
from reid_app.model.embedder_config import EmbedderConfig
from reid_app.model.encoders import make_encoder
from reid_app.model.foreign import find_tensors
from reid_app.model.known import load_known_models
from reid_app.model.places import ModelPlaces
from reid_app.model.torch_encoder import TorchEncoder
from tests.unit.model.networks import SMALL
from tests.unit.model.people import noise, tracklet
from tests.unit.model.public_osnet import public_tensors

REPOSITORY = Path(__file__).parents[3]


def convert(source: Path, out: Path, architecture: str = "osnet_x0_25") -> None:
    convert_checkpoint(source, architecture=architecture, out=out, licence="MIT")


def test_torchreids_file_becomes_an_encoder_and_a_start(tmp_path: Path, models_dir: Path) -> None:
    """Public weights, written as torchreid's engine writes them, against the public ONNX file of the same weights."""
    tensors = public_tensors(models_dir / "osnet_x0_25_msmt17.onnx")
    wrapped = {f"module.{name}": tensor for name, tensor in tensors.items()}
    classifier = {"module.classifier.weight": torch.zeros(9, 512), "module.classifier.bias": torch.zeros(9)}
    source, out = tmp_path / "model.pth.tar-60", tmp_path / "osnet.safetensors"
    state = {"state_dict": wrapped | classifier, "epoch": 60, "rank1": 0.5, "optimizer": {"state": {}}}
    torch.save(state, source)
    convert(source, out)

    _, card = load_checkpoint(out)
    assert card.licence == "MIT"
    assert card.data["converted_from"] == "model.pth.tar-60"
    person = [tracklet("a", [noise(1, size=(128, 64))])]  # of one frame: whether frames are normalised does not matter
    places = ModelPlaces(models_dir=models_dir, data_dir=tmp_path)
    public = make_encoder(
        EncoderConfig(model="osnet_x0_25_msmt17", threads=1),
        known=load_known_models(REPOSITORY / "configs" / "models.yaml"),
        places=places,
    )
    own = TorchEncoder(out, config=EncoderConfig(threads=1))
    np.testing.assert_allclose(own.encode(person), public.encode(person), atol=1e-5)

    begun = build_embedder(EmbedderConfig(backbone="osnet_x0_25", preprocess=SMALL, initial_weights=out))
    fc = begun.backbone.trunk.state_dict()["fc.0.weight"]
    assert torch.equal(fc, tensors["fc.0.weight"])


def in_torchreids_ain_names(own: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchreid's OSNet-AIN has its streams in a list, and its transitions beside its stages."""
    named = {}
    for name, tensor in own.items():
        parts = name.split(".")
        if parts[0] in ("conv2", "conv3") and parts[1] == "2":
            named[".".join([f"pool{parts[0][-1]}", *parts[2:]])] = tensor
        elif len(parts) > 2 and parts[2].startswith("conv2"):
            stream = "abcd".index(parts[2][-1])
            rest = ["0", *parts[3:]] if stream == 0 else parts[3:]
            named[".".join([*parts[:2], "conv2", str(stream), "layers", *rest])] = tensor
        else:
            named[name] = tensor
    return named


def test_the_names_of_osnet_ain_are_translated(tmp_path: Path) -> None:
    own = make_osnet("osnet_ain_x0_25").state_dict()
    theirs = in_torchreids_ain_names(own)
    assert "conv3.1.conv2.3.layers.3.conv2.weight" in theirs
    assert "conv3.1.conv2d.3.conv2.weight" in own
    assert "pool2.0.conv.weight" in theirs
    torch.save(theirs, tmp_path / "ain.pth")
    convert(tmp_path / "ain.pth", tmp_path / "ain.safetensors", "osnet_ain_x0_25")
    made = load_checkpoint(tmp_path / "ain.safetensors")[0].backbone.trunk.state_dict()
    assert all(torch.equal(tensor, made[name]) for name, tensor in own.items())


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"model": t, "step": 3}, lambda t: {"net": t}])
def test_tensors_are_found_where_people_put_them(wrap: Any) -> None:
    tensors = {"module.a.weight": torch.ones(1), "b": torch.zeros(2)}
    assert find_tensors(wrap({**tensors, "version": 3})).keys() == {"a.weight", "b"}


@pytest.mark.parametrize("content", [{"epoch": 3}, [torch.ones(1)], torch.ones(2), {"state_dict": {}}])
def test_where_there_are_no_named_tensors_it_says_so(content: Any) -> None:
    with pytest.raises(ValueError, match="no named tensors, neither at the top nor under state_dict"):
        find_tensors(content)


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_a_checkpoint_that_runs_code_runs_none(tmp_path: Path, how: str) -> None:
    source, mark = tmp_path / "evil.pth", tmp_path / "ran"
    if how == "pickle":
        source.write_bytes(pickle.dumps({"state_dict": Evil(mark)}))
    else:
        torch.save({"state_dict": Evil(mark)}, source)
    with pytest.raises(ModelInvalidError, match=r"evil\.pth cannot be converted: it holds more than tensors") as caught:
        convert(source, tmp_path / "out.safetensors")
    assert "weights_only" not in str(caught.value)
    assert not mark.exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out.safetensors"
    with pytest.raises(ModelMissingError, match=r"none\.pth does not exist"):
        convert(tmp_path / "none.pth", out)
    (tmp_path / "text.pth").write_text("no checkpoint")
    with pytest.raises(ModelInvalidError, match=r"text\.pth cannot be converted: "):
        convert(tmp_path / "text.pth", out)
    torch.save(make_osnet("osnet_x0_25").state_dict(), tmp_path / "osnet.pth")
    with pytest.raises(
        ModelInvalidError, match=r"osnet\.pth does not fit OSNet; of another shape: conv1\.conv\.weight"
    ):
        convert(tmp_path / "osnet.pth", out, "osnet_x0_5")
    with pytest.raises(SettingsError, match=r"^there is no backbone 'osnet': there are resnet50"):
        convert(tmp_path / "osnet.pth", out, "osnet")
    assert not out.exists()


def test_a_reader_that_is_killed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by its limit of memory or time."""
    torch.save(make_osnet("osnet_x0_25").state_dict(), tmp_path / "osnet.pth")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ModelInvalidError, match="the reading process ended with 1"):
        convert(tmp_path / "osnet.pth", tmp_path / "out.safetensors")
    monkeypatch.undo()
    monkeypatch.setattr("reid_app.model.convert._TIMEOUT_S", 0.01)
    with pytest.raises(ModelInvalidError, match="could not be read within"):
        convert(tmp_path / "osnet.pth", tmp_path / "out.safetensors")
