"""The weights that come with the product."""

from pathlib import Path

import numpy as np
import pytest

from reid_app.losses.config import ObjectiveConfig
from reid_app.model.config import EncoderConfig
from reid_app.model.encoders import make_encoder
from reid_app.model.export_card import ExportCard, with_carded_models
from reid_app.model.onnx_encoder import OnnxEncoder
from reid_app.model.places import SHIPPED_WEIGHTS, ModelPlaces
from tests.unit.model.people import noise, tracklet

NAME = EncoderConfig().model
LARGEST = 8_000_000


@pytest.fixture
def encoder(tmp_path: Path) -> OnnxEncoder:
    """From an empty data folder, with no folder of models."""
    known = with_carded_models((), folders=[SHIPPED_WEIGHTS])
    made = make_encoder(EncoderConfig(), known=known, places=ModelPlaces(models_dir=None, data_dir=tmp_path))
    assert isinstance(made, OnnxEncoder)
    return made


def card() -> ExportCard:
    return ExportCard.model_validate_json((SHIPPED_WEIGHTS / f"{NAME}.json").read_bytes())


def test_the_default_encoder_comes_with_the_product(encoder: OnnxEncoder) -> None:
    assert (encoder.name, encoder.dimension, encoder.pooling) == ("osm_caa_synthetic", 256, "mean")
    people = [tracklet("a", [noise(1), noise(2)]), tracklet("b", [noise(3)])]
    embeddings = encoder.encode(people)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-5)


def test_anybody_may_use_it() -> None:
    assert card().entry.licence.startswith("Apache-2.0")
    assert card().checkpoint.data["dataset"] == "folder"
    objective = ObjectiveConfig.model_validate(card().checkpoint.recipe["objective"])
    assert objective.metric == "osm_caa"


def test_files_stay_small() -> None:
    for path in SHIPPED_WEIGHTS.iterdir():
        assert path.stat().st_size < LARGEST, path.name


def test_the_checkpoint_is_what_was_exported(encoder: OnnxEncoder) -> None:
    """Training goes on from it: the same network as the ONNX file."""
    from reid_app.model.torch_encoder import TorchEncoder

    path = SHIPPED_WEIGHTS / f"{NAME}_checkpoint.safetensors"
    trained = TorchEncoder(path, config=EncoderConfig(model=str(path)))
    people = [tracklet("a", [noise(1), noise(2)]), tracklet("b", [noise(3)])]
    assert trained.model_id == encoder.model_id
    np.testing.assert_allclose(trained.encode(people), encoder.encode(people), atol=1e-4)
