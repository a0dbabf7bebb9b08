import numpy as np
import pytest
from pydantic import ValidationError

from reid_app.errors import SettingsError
from reid_app.model.config import EncoderConfig
from reid_app.model.embedding import embed_tracklets
from reid_app.model.fingerprint import model_id
from reid_app.model.head import Head, Neck
from tests.unit.model.people import plain, tracklet


def test_a_models_own_pooling_is_used_unless_another_is_asked_for() -> None:
    head = Head(poolings=("quality", "mean"))
    assert head.pooling(EncoderConfig()) == "quality"
    assert head.pooling(EncoderConfig(pooling="mean")) == "mean"


def test_a_pooling_that_a_model_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(SettingsError, match=r"pooling is gem, model net\.onnx has mean, max, quality: .*null"):
        Head().pooling(EncoderConfig(model="net.onnx", pooling="gem"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"poolings": ("gem",)}, "gem and the key gem_exponent come together"),
        ({"attention": (1.0,)}, "attention and the key attention come together"),
        ({"poolings": ()}, "poolings"),
        ({"poolings": ("gem",), "gem_exponent": -1.0}, "gem_exponent"),
        ({"neck": {"scale": [1.0], "offset": [1.0, 2.0]}}, "as many scales as offsets"),
        ({"neck": {"scale": [float("nan")], "offset": [1.0]}}, "neck.scale"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Head.model_validate(change)


def test_normalised_or_not_is_another_model() -> None:
    ids = {
        model_id("x", preprocess={}, head=head, config=EncoderConfig())
        for head in (Head(), Head(normalise_frames=False), Head(poolings=("max",)))
    }
    assert len(ids) == 3
    named = model_id("x", preprocess={}, head=Head(), config=EncoderConfig(pooling="mean"))
    assert named == model_id("x", preprocess={}, head=Head(), config=EncoderConfig())


@pytest.mark.parametrize(
    ("is_normalised", "neck", "expected"),
    [
        (True, None, [0.5, 0.5]),
        (False, None, [1.5, 0.5]),
        (False, Neck(scale=(2.0, 1.0), offset=(0.0, 3.5)), [3.0, 4.0]),
    ],
)
def test_frames_and_neck_by_hand(is_normalised: bool, neck: Neck | None, expected: list[float]) -> None:
    """Features (3, 0) and (0, 1): their mean is (1.5, 0.5), that of their directions (0.5, 0.5)."""
    features = np.array([[3.0, 0.0], [0.0, 1.0]], np.float32)
    (made,) = embed_tracklets(
        [tracklet("a", [plain((0, 0, 0)), plain((0, 0, 0))])],
        lambda images: features,
        head=Head(normalise_frames=is_normalised, neck=neck),
        config=EncoderConfig(),
        dimension=2,
        source="test",
    )
    np.testing.assert_allclose(made, np.array(expected) / np.linalg.norm(expected), rtol=1e-6)
