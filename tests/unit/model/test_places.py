from pathlib import Path

import pytest

from reid_app.errors import ModelInvalidError, ModelMissingError, SettingsError
from reid_app.model.colour import ColourEncoder
from reid_app.model.config import EncoderConfig
from reid_app.model.encoders import make_encoder
from reid_app.model.known import KnownModel
from reid_app.model.onnx_encoder import OnnxEncoder
from reid_app.model.places import ModelPlaces, locate_model, resolve_model, verify_model
from tests.unit.model.people import entry
from tests.unit.model.tiny_onnx import channel_means

CONTENT = channel_means()
TINY = entry(CONTENT)
OTHER = entry(channel_means(keepdims=True), name="other", url="https://example.org/other.onnx")
KNOWN = (TINY, OTHER)


@pytest.fixture
def places(tmp_path: Path) -> ModelPlaces:
    return ModelPlaces(models_dir=tmp_path / "own", data_dir=tmp_path / "data", shipped_dir=tmp_path / "shipped")


def put(folder: Path, content: bytes = CONTENT, *, name: str = "tiny.onnx") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def test_places_come_in_order(places: ModelPlaces) -> None:
    """Own folder, then pulled, then shipped: the last put here is the first found."""
    for folder in (places.shipped_dir, places.pulled_dir, places.models_dir):
        assert folder is not None
        path = put(folder)
        file = resolve_model("tiny", known=KNOWN, places=places)
        assert (file.path, file.sha256, file.known, file.name) == (path, TINY.sha256, TINY, "tiny")
        assert file.read() == CONTENT


def test_the_shipped_weights_lie_beside_the_module_and_may_be_absent(tmp_path: Path) -> None:
    places = ModelPlaces(models_dir=None, data_dir=tmp_path)
    assert places.folders()[-1].parts[-3:] == ("reid_app", "model", "weights")
    assert locate_model(TINY, places=places) is None


def test_a_missing_model_says_every_place_and_the_remedy(places: ModelPlaces, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="run `reid models pull other`") as caught:
        resolve_model("other", known=KNOWN, places=places)
    for folder in ("own", "data/models", "shipped"):
        assert str(tmp_path / folder) in str(caught.value)
    unset = ModelPlaces(models_dir=None, data_dir=tmp_path, shipped_dir=tmp_path)
    with pytest.raises(ModelMissingError, match=r"REID_MODELS_DIR is not set.*copy the right tiny\.onnx"):
        resolve_model("tiny", known=KNOWN, places=unset)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_wrong_file_is_refused_and_never_passed_over(places: ModelPlaces, damage: str) -> None:
    bad = {"cut": CONTENT[:-1], "flipped": CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]), "empty": b""}[damage]
    assert places.models_dir is not None
    path = put(places.models_dir, bad)
    put(places.pulled_dir)
    with pytest.raises(ModelInvalidError, match=f"{path} is not tiny .*expected .*delete it, then copy") as caught:
        resolve_model("tiny", known=KNOWN, places=places)
    assert (TINY.sha256 if damage == "flipped" else str(len(bad))) in str(caught.value)


def test_a_folder_in_the_place_of_a_file_is_refused(places: ModelPlaces) -> None:
    (places.pulled_dir / "tiny.onnx").mkdir(parents=True)
    with pytest.raises(ModelInvalidError, match=r"tiny\.onnx cannot be read: Is a directory"):
        resolve_model("tiny", known=KNOWN, places=places)


def test_a_right_file_passes(tmp_path: Path) -> None:
    verify_model(TINY, put(tmp_path))
    with pytest.raises(ModelInvalidError, match="run `reid models pull other`"):
        verify_model(OTHER, put(tmp_path))


def test_a_path_is_recognised_by_its_checksum(places: ModelPlaces, tmp_path: Path) -> None:
    renamed = resolve_model(str(put(tmp_path, name="renamed.onnx")), known=KNOWN, places=places)
    assert (renamed.known, renamed.name) == (TINY, "tiny")
    own = resolve_model(str(put(tmp_path, b"mine", name="own.onnx")), known=KNOWN, places=places)
    assert (own.known, own.name) == (None, "own.onnx")


def test_a_bare_file_name_is_a_path_too(places: ModelPlaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert resolve_model("tiny.onnx", known=KNOWN, places=places).known == TINY


def test_a_path_to_nothing_is_named(places: ModelPlaces, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"nothing\.onnx does not exist"):
        resolve_model(str(tmp_path / "nothing.onnx"), known=KNOWN, places=places)


def test_an_unknown_name_says_the_known_ones(places: ModelPlaces) -> None:
    with pytest.raises(SettingsError, match="unknown model tinny: known are tiny, other"):
        resolve_model("tinny", known=KNOWN, places=places)


def test_the_colour_encoder_needs_no_file(places: ModelPlaces) -> None:
    assert isinstance(make_encoder(EncoderConfig(model="colour"), known=(), places=places), ColourEncoder)


def test_a_model_becomes_an_encoder(places: ModelPlaces) -> None:
    put(places.pulled_dir)
    encoder = make_encoder(EncoderConfig(model="tiny"), known=KNOWN, places=places)
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.name == "tiny"


def test_a_detector_is_no_encoder(places: ModelPlaces) -> None:
    put(places.pulled_dir)
    detector = KnownModel.model_validate({**TINY.model_dump(exclude={"preprocess"}), "task": "detection"})
    with pytest.raises(SettingsError, match="is tiny, a detector"):
        make_encoder(EncoderConfig(model="tiny"), known=(detector,), places=places)
