from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torchvision import models  # type: ignore[import-untyped]

from reid_app.errors import SettingsError
from reid_app.model.backbones.backbone import Backbone
from reid_app.model.backbones.build import build_backbone
from reid_app.model.embedder_config import EmbedderConfig
from tests.unit.model.networks import SMALL

LARGE = SMALL.model_copy(update={"height": 96, "width": 80})


def built(backbone: str, **options: Any) -> Backbone:
    config = EmbedderConfig.model_validate({"backbone": backbone, "preprocess": LARGE} | options)
    return build_backbone(config).eval()


def features(backbone: Backbone) -> torch.Tensor:
    with torch.inference_mode():
        made: torch.Tensor = backbone(torch.randn(2, 3, 96, 80, generator=torch.Generator().manual_seed(0)))
    return made


@pytest.mark.parametrize(
    ("name", "dimension"),
    [
        ("mobilenet_v3_large", 960),
        ("osnet_x0_25", 512),
        ("osnet_ain_x0_25", 512),
        ("timm:resnet10t", 512),
    ],
)
def test_every_backbone_gives_a_vector_a_picture(name: str, dimension: int) -> None:
    backbone = built(name)
    made = features(backbone)
    assert made.shape == (2, dimension)
    assert backbone.feature_dim == dimension
    assert torch.isfinite(made).all()
    assert not torch.equal(made[0], made[1])


@pytest.mark.parametrize(("name", "dimension"), [("resnet50", 2048), ("googlenet", 1024), ("mobilenet_v3_small", 576)])
def test_torchvisions_networks_stop_before_their_classifier(name: str, dimension: int) -> None:
    """torchvision's own network with our weights, and a hook on what enters its classifier."""
    backbone = built(name)
    whole = models.get_model(name, **({"aux_logits": False, "init_weights": False} if name == "googlenet" else {}))
    missing = whole.load_state_dict(backbone.trunk.state_dict(), strict=False)
    assert not missing.unexpected_keys
    assert all(key.startswith(backbone.unused) for key in missing.missing_keys)
    entered = []
    head = whole.classifier if name.startswith("mobilenet") else whole.fc
    head.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    with torch.inference_mode():
        whole.eval()(torch.randn(2, 3, 96, 80, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(features(backbone), entered[0])
    assert entered[0].shape == (2, backbone.feature_dim) == (2, dimension)
    assert not [module for module in backbone.modules() if isinstance(module, nn.Dropout)]


@pytest.mark.parametrize(("stride", "places"), [(1, (6, 5)), (2, (3, 3))])
def test_last_stride_one_keeps_four_times_as_many_places(stride: int, places: tuple[int, int]) -> None:
    backbone = built("resnet50", last_stride=stride)
    shapes = []
    backbone.trunk.layer4.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape[2:])))
    features(backbone)
    assert shapes == [places]


def test_the_middle_of_googlenet_is_the_papers_head() -> None:
    """At 224x224: 14x14 places of 832 channels, 4x4 after the average, 128 channels, 1024 features, not negative."""
    backbone = built("googlenet", level="middle", preprocess=LARGE.model_copy(update={"height": 224, "width": 224}))
    _, squeeze, _, _, _, full, norm, _ = backbone.head
    assert isinstance(squeeze, nn.Conv2d)
    assert (squeeze.in_channels, squeeze.out_channels) == (832, 128)
    assert isinstance(full, nn.Linear)
    assert (full.in_features, full.out_features) == (128 * 4 * 4, 1024)
    assert isinstance(norm, nn.BatchNorm1d)
    with torch.inference_mode():
        made = backbone(torch.randn(2, 3, 224, 224))
    assert made.shape == (2, 1024)
    assert made.min() == 0


def test_the_smallest_pictures_of_googlenets_middle() -> None:
    assert built("googlenet", level="middle", preprocess=LARGE.model_copy(update={"height": 79, "width": 79}))
    with pytest.raises(SettingsError, match="at least 79x79, the preprocess makes them 96x78"):
        built("googlenet", level="middle", preprocess=LARGE.model_copy(update={"width": 78}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backbone": "resnet51"}, "no backbone 'resnet51': there are resnet50, .*slim_resnet_guided and timm:NAME"),
        ({"backbone": "timm:"}, "no backbone 'timm:'"),
        ({"backbone": "googlenet", "last_stride": 1}, "last_stride 1 is an option of resnet50 only"),
        ({"backbone": "resnet50", "level": "middle"}, "level middle is an option of googlenet only"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        EmbedderConfig.model_validate({"preprocess": SMALL} | options)


def test_a_transformer_of_timm_is_made_for_the_size_of_the_pictures() -> None:
    backbone = built("timm:vit_tiny_patch16_224")
    assert features(backbone).shape == (2, 192)
    assert backbone.unused == ("head.",)


def test_timm_has_what_it_has() -> None:
    with pytest.raises(SettingsError, match=r"no network 'resnet51': did you mean .*resnet"):
        built("timm:resnet51")
    with pytest.raises(SettingsError, match="vit_tiny_patch16_224 does not take pictures of 8x80"):
        built("timm:vit_tiny_patch16_224", preprocess=LARGE.model_copy(update={"height": 8}))


def test_a_missing_timm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(SettingsError, match=r"timm:resnet10t needs the package timm: pip install 'reid-app\[timm\]'"):
        built("timm:resnet10t")
