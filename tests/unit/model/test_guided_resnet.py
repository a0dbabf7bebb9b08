"""A guide whose foreground is painted by hand, so that each use of it can be seen alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from reid_app.data.pictures import read_picture
from reid_app.errors import ModelInvalidError
from reid_app.model.backbones.build import build_backbone
from reid_app.model.backbones.guide import PREFIX, Guide
from reid_app.model.backbones.guided_resnet import ForegroundPooling, GuidedSlimResnet, closer_look
from reid_app.model.backbones.initial import start_from
from reid_app.model.config import Preprocess
from reid_app.model.embedder_config import EmbedderConfig
from reid_app.model.places import SHIPPED_GUIDE
from reid_app.model.preprocess import preprocess_crops
from tests.unit.model.networks import SMALL

GUIDED = Preprocess(
    height=64, width=32, channel_order="bgr", scale=1.0, mean=(114.0, 114.0, 114.0), std=(1.0, 1.0, 1.0)
)


def pictures(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 64, 32, generator=torch.Generator().manual_seed(0)) * 255 - 114


def network() -> GuidedSlimResnet:
    torch.manual_seed(0)
    made = GuidedSlimResnet()
    start_from(SHIPPED_GUIDE, backbone=_backbone_of(made))
    return made


def _backbone_of(trunk: GuidedSlimResnet) -> torch.nn.Module:
    backbone = build_backbone(EmbedderConfig(backbone="slim_resnet_guided", preprocess=GUIDED))
    backbone.trunk = trunk
    return backbone


def box(top: float, bottom: float, left: float, right: float, *, rows: int = 64, columns: int = 32) -> torch.Tensor:
    """A rectangle of ones, its sides given as shares of the picture's."""
    mask = torch.zeros(1, 1, rows, columns)
    mask[..., round(top * rows) : round(bottom * rows), round(left * columns) : round(right * columns)] = 1.0
    return mask


def test_the_guide_finds_real_people(test_data_dir: Path) -> None:
    """It was taught on synthetic ones: in real boxes the person stands in the middle, and the corners are empty."""
    paths = sorted((test_data_dir / "pku_reid").rglob("*.*g"))[::15]
    preprocess = GUIDED.model_copy(update={"height": 128, "width": 64})
    images = torch.from_numpy(preprocess_crops([read_picture(path) for path in paths], preprocess=preprocess))
    guide = network().guide
    with torch.inference_mode():
        _, foreground = guide(images + 114.0)
    middle, corners = foreground[..., 8:16, 6:10], foreground[..., :4, [0, 1, -2, -1]]
    assert middle.mean() > 0.85
    assert corners.mean() < 0.1


def test_the_guide_is_never_trained() -> None:
    made = network().train()
    before = {name: tensor.clone() for name, tensor in made.guide.state_dict().items()}
    made(pictures()).sum().backward()
    assert not any(module.training for module in made.guide.modules())
    assert all(parameter.grad is None for parameter in made.guide.parameters())
    assert all(parameter.grad is not None for name, parameter in made.named_parameters() if "guide." not in name)
    assert all(torch.equal(before[name], tensor) for name, tensor in made.guide.state_dict().items())


def test_a_closer_look_shows_what_the_person_fills() -> None:
    """A person a third as high as the picture, drawn as a square pattern, fills it afterwards."""
    foreground = box(0.5, 0.8, 0.3, 0.6)
    closer = closer_look(foreground.repeat(1, 3, 1, 1), foreground_N1HW=foreground)
    rows = np.flatnonzero(closer[0, 0].mean(1).numpy() > 0.05)
    assert 0.85 < (rows[-1] - rows[0] + 1) / 64 <= 1.0
    assert abs((rows[0] + rows[-1]) / 2 - 31.5) < 2


@pytest.mark.parametrize("foreground", [box(0, 1, 0.2, 0.8), torch.zeros(1, 1, 64, 32)], ids=["fills it", "nobody"])
def test_a_picture_that_is_filled_or_empty_stays(foreground: torch.Tensor) -> None:
    images = pictures(1)
    torch.testing.assert_close(closer_look(images, foreground_N1HW=foreground), images, atol=1e-3, rtol=0)


def test_nobody_is_enlarged_without_end() -> None:
    """A few places of foreground: the part is a third of the picture, and lies inside it."""
    images = torch.ones(1, 3, 64, 32)
    closer = closer_look(images, foreground_N1HW=box(0.0, 0.1, 0.0, 0.25))
    torch.testing.assert_close(closer, images)


def test_what_is_behind_the_person_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures with the same person before other backgrounds, where the foreground is known exactly."""
    made = network().eval()
    foreground = box(0.0, 1.0, 0.25, 0.75, rows=16, columns=8)
    maps = [torch.zeros(1, width, 16 // step, 8 // step) for width, step in ((32, 1), (64, 2), (128, 4))]
    monkeypatch.setattr(made.guide, "forward", lambda images: (maps, foreground))
    images, other = pictures(2).split(1)
    other = torch.where(box(0.0, 1.0, 0.125, 0.875) > 0, images, other)
    with torch.inference_mode():
        torch.testing.assert_close(made(images), made(other))


def test_means_are_over_the_person() -> None:
    """The same features under half the foreground give the same means; nobody gives zeros."""
    features = torch.rand(1, 5, 8, 4, generator=torch.Generator().manual_seed(0))
    full = torch.cat([features, torch.ones(1, 1, 8, 4)], dim=1)
    half = torch.cat([features * 0.5, torch.full((1, 1, 8, 4), 0.5)], dim=1)
    pooling = ForegroundPooling()
    torch.testing.assert_close(pooling(half), pooling(full), rtol=0.06, atol=0)
    torch.testing.assert_close(pooling(full)[:, :5], features.mean((2, 3)) / 1.02)
    torch.testing.assert_close(pooling(full)[:, 5:9] * 1.05, _first_of(features)[:, :4])
    assert not pooling(full * 0.0).any()


def _first_of(features: torch.Tensor) -> torch.Tensor:
    """Stripes, the four of the first channel first."""
    return torch.stack([features[:, :, top : top + 2].mean((2, 3)) for top in (0, 2, 4, 6)], dim=2).flatten(1)


def test_a_guide_alone_starts_a_guided_network_only(tmp_path: Path) -> None:
    torch.manual_seed(0)
    guide = Guide()
    save_file({PREFIX + name: tensor for name, tensor in guide.state_dict().items()}, tmp_path / "own.safetensors")

    guided = build_backbone(EmbedderConfig(backbone="slim_resnet_guided", preprocess=GUIDED))
    start_from(tmp_path / "own.safetensors", backbone=guided)
    assert torch.equal(guided.trunk.guide.trunk.stem.conv.weight, guide.trunk.stem.conv.weight)

    plain = build_backbone(EmbedderConfig(backbone="slim_resnet", preprocess=SMALL))
    with pytest.raises(ModelInvalidError, match=r"own\.safetensors does not fit SlimResnet"):
        start_from(tmp_path / "own.safetensors", backbone=plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel_order": "rgb"}, "needs preprocess channel_order bgr, as its guide was trained, got rgb"),
        ({"mean": (0.0, 0.0, 0.0)}, "needs preprocess mean"),
        ({"scale": 1 / 255}, "needs preprocess scale"),
        ({"height": 72}, r"must be multiples of 16, got \(72, 32\)"),
    ],
)
def test_the_guide_sees_pictures_as_it_was_trained_to(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EmbedderConfig(backbone="slim_resnet_guided", preprocess=GUIDED.model_copy(update=change))
