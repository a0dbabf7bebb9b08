"""Exports: the same network, and known by the card beside it. One export a module: it takes seconds."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from reid_app.errors import ModelInvalidError, SettingsError
from reid_app.model import export
from reid_app.model.config import EncoderConfig
from reid_app.model.encoders import make_encoder
from reid_app.model.export import Pictures, export_onnx, painted_pictures
from reid_app.model.export_card import ExportCard, model_name, read_export_card, with_carded_models
from reid_app.model.onnx_encoder import OnnxEncoder
from reid_app.model.places import ModelPlaces, resolve_model
from reid_app.model.preprocess import preprocess_crops
from reid_app.model.torch_encoder import TorchEncoder
from tests.unit.model.networks import SMALL, stored_checkpoint
from tests.unit.model.people import entry, noise, tracklet
from tests.unit.model.tiny_onnx import channel_means

PEOPLE = [tracklet("a", [noise(1), noise(2), noise(3)], sharpness=[0.1, 1.0, 0.5]), tracklet("b", [noise(4)])]
ONE_THREAD = EncoderConfig(threads=1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoint ``tiny.safetensors`` and its export ``small_net.onnx``; attention over time."""
    folder = tmp_path_factory.mktemp("exported")
    checkpoint = stored_checkpoint(folder, pooling="attention")
    export_onnx(checkpoint, out=folder / "small_net.onnx", pictures=painted_pictures(), int8=False)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(exported, tmp_path / "models"))


def places(folder: Path) -> ModelPlaces:
    return ModelPlaces(models_dir=folder, data_dir=folder / "none")


@pytest.mark.parametrize("pooling", [None, "mean", "quality", "max"])
def test_it_is_the_checkpoint_in_every_pooling(exported: Path, pooling: str | None) -> None:
    """Found by name through its card; the same embeddings, the same model id."""
    config = EncoderConfig.model_validate({"model": "small_net", "pooling": pooling, "threads": 1, "batch_size": 3})
    known = with_carded_models((), folders=[exported])
    served = make_encoder(config, known=known, places=places(exported))
    trained = TorchEncoder(exported / "tiny.safetensors", config=config)
    np.testing.assert_allclose(served.encode(PEOPLE), trained.encode(PEOPLE), atol=1e-5)
    assert served.model_id == trained.model_id
    assert (served.name, served.dimension) == ("small_net", 512)


def test_the_card_says_what_it_is(exported: Path) -> None:
    card = ExportCard.model_validate_json((exported / "small_net.json").read_bytes())
    assert card.entry.name == "small_net"
    assert card.entry.licence == "CC0-1.0"
    assert card.entry.source_sha256 == card.checkpoint.sha256
    assert card.entry.head.poolings[0] == "attention"
    assert card.parity.min_cosine >= 0.9999
    assert card.int8 is None
    assert card.checkpoint.metrics == {"mAP": 0.25}


def test_nothing_of_this_machine_is_in_the_file(exported: Path) -> None:
    content = (exported / "small_net.onnx").read_bytes()
    for trace in (b"stack_trace", b".py", str(Path.home()).encode(), b"site-packages"):
        assert trace not in content
    onnx.checker.check_model(onnx.load(exported / "small_net.onnx"))


def test_by_path_it_is_known_by_its_card_even_under_another_name(folder: Path) -> None:
    for ending in (".onnx", ".json"):
        (folder / f"small_net{ending}").rename(folder / f"Other-Net.v2{ending}")
    file = resolve_model(str(folder / "Other-Net.v2.onnx"), known=(), places=places(folder))
    assert file.name == "other_net_v2"
    assert OnnxEncoder(file, config=ONE_THREAD).encode(PEOPLE).shape == (2, 512)
    (known,) = with_carded_models((), folders=[folder])
    assert resolve_model("other_net_v2", known=[known], places=places(folder)).path == folder / "Other-Net.v2.onnx"


def test_without_its_card_it_cannot_be_served(folder: Path) -> None:
    (folder / "small_net.json").unlink()
    file = resolve_model(str(folder / "small_net.onnx"), known=(), places=places(folder))
    with pytest.raises(SettingsError, match=r"small_net\.onnx .* has no card .*reid export"):
        OnnxEncoder(file, config=ONE_THREAD)


def test_another_networks_card_is_refused(folder: Path) -> None:
    (folder / "small_net.onnx").write_bytes(channel_means())
    with pytest.raises(ModelInvalidError, match=r"small_net\.onnx has sha256 .*, its card small_net\.json says"):
        resolve_model(str(folder / "small_net.onnx"), known=(), places=places(folder))
    known = with_carded_models((), folders=[folder])
    with pytest.raises(ModelInvalidError, match="bytes, expected"):
        resolve_model("small_net", known=known, places=places(folder))


def test_a_damaged_card_is_refused_and_a_foreign_one_passed_over(folder: Path) -> None:
    card = json.loads((folder / "small_net.json").read_text())
    del card["entry"]["head"]
    card["entry"]["licence"] = ""
    (folder / "small_net.json").write_text(json.dumps(card))
    with pytest.raises(
        ModelInvalidError, match=r"small_net\.json is damaged \(entry\.licence: .*export the model again"
    ):
        with_carded_models((), folders=[folder])
    for foreign in ('{"layers": 3}', "[1]", "no json"):
        (folder / "small_net.json").write_text(foreign)
        assert with_carded_models((), folders=[folder]) == ()


def test_one_file_in_two_folders_is_one_model_and_two_models_of_one_name_are_refused(
    exported: Path, folder: Path
) -> None:
    listed = entry(channel_means(), name="listed")
    assert [model.name for model in with_carded_models([listed], folders=[exported, folder])] == ["listed", "small_net"]
    other = entry(channel_means(), name="small_net")
    with pytest.raises(
        SettingsError, match=r"two models small_net, .*small_net\.onnx and small_net\.onnx .*another name"
    ):
        with_carded_models([other], folders=[exported])
    assert with_carded_models([listed], folders=[exported / "none"]) == (listed,)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("best.onnx", "best"), ("MARS-strong (2).onnx", "mars_strong_2"), ("-ä-.onnx", None), ("a.pt", None)],
)
def test_a_models_name_is_its_files(name: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(SettingsError, match="makes no model name"):
            model_name(Path(name))
    else:
        assert model_name(Path(name)) == expected


def test_a_network_that_is_another_is_not_written(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exporter that forgets a little: every weight of the last layer 3 % off, at random."""
    whole = (exported / "small_net.onnx").read_bytes()
    model = onnx.load_from_string(whole)
    last = next(part for part in model.graph.initializer if list(part.dims) == [512, 128])
    weights = onnx.numpy_helper.to_array(last)
    off = weights * np.random.default_rng(0).normal(1.0, 0.03, weights.shape).astype(np.float32)
    last.CopyFrom(onnx.numpy_helper.from_array(off, last.name))
    monkeypatch.setattr(export, "to_onnx", lambda network, preprocess: model.SerializeToString())
    with pytest.raises(ModelInvalidError, match=r"gives other features than torch \(cosine 0\.99.* 0\.9999 is needed"):
        export_onnx(exported / "tiny.safetensors", out=tmp_path / "net.onnx", pictures=painted_pictures(), int8=False)
    assert list(tmp_path.iterdir()) == []


def test_int8_is_another_model_a_little_worse(
    exported: Path, tmp_path: Path, test_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calibrated on real crops; the loss in the card is what an independent comparison finds."""
    whole = (exported / "small_net.onnx").read_bytes()
    monkeypatch.setattr(export, "to_onnx", lambda network, preprocess: whole)
    files = sorted((test_data_dir / "pku_reid").rglob("*.png"))[::12]
    images = [np.asarray(cv2.imread(str(file))[..., ::-1], np.uint8) for file in files]
    pictures = Pictures(images=images, described="crops")
    out = tmp_path / "net8.onnx"
    card = export_onnx(exported / "tiny.safetensors", out=out, pictures=pictures, int8=True)
    assert card.int8 is not None
    assert 0.9 < card.int8.min_cosine < 0.99999
    assert card.entry.num_bytes < 0.8 * len(whole)
    measured = {"images": preprocess_crops(images[1::2], preprocess=SMALL)}
    int8_ND, full_ND = (
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, measured)[0]
        for path in (out, exported / "small_net.onnx")
    )
    lengths = np.linalg.norm(int8_ND, axis=1) * np.linalg.norm(full_ND, axis=1)
    cosine = np.sum(int8_ND * full_ND, axis=1) / lengths
    assert card.int8.min_cosine == pytest.approx(cosine.min(), abs=1e-5)
    assert card.int8.mean_cosine == pytest.approx(cosine.mean(), abs=1e-5)
    file = resolve_model(str(out), known=(), places=places(tmp_path))
    trained = TorchEncoder(exported / "tiny.safetensors", config=ONE_THREAD)
    assert OnnxEncoder(file, config=ONE_THREAD).model_id != trained.model_id


def test_pictures_are_at_least_two() -> None:
    with pytest.raises(ValueError, match="at least two pictures, got 1: noise"):
        Pictures(images=[noise(1)], described="noise")


def test_painted_pictures_are_always_the_same() -> None:
    for one, other in zip(painted_pictures().images, painted_pictures().images, strict=True):
        assert np.array_equal(one, other)


def test_no_file_no_card(tmp_path: Path) -> None:
    assert read_export_card(tmp_path / "nothing.onnx") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"backbone": "mobilenet_v3_small", "pooling": "mean"},
        {"backbone": "osnet_ain_x0_25", "pooling": "gem", "dimension": 32},
        {"backbone": "timm:vit_tiny_patch16_224", "pooling": "max", "neck": "none"},
    ],
)
def test_every_kind_of_network_is_exported(tmp_path: Path, options: dict[str, object]) -> None:
    checkpoint = stored_checkpoint(tmp_path, **options)
    out = tmp_path / "net.onnx"
    export_onnx(checkpoint, out=out, pictures=painted_pictures(), int8=False)
    served = OnnxEncoder(resolve_model(str(out), known=(), places=places(tmp_path)), config=ONE_THREAD)
    trained = TorchEncoder(checkpoint, config=ONE_THREAD)
    np.testing.assert_allclose(served.encode(PEOPLE), trained.encode(PEOPLE), atol=2e-5)
    assert served.model_id == trained.model_id
    assert torch.get_num_threads() == 1
