from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models  # type: ignore[import-untyped]

from reid_app.errors import ModelInvalidError, ModelMissingError
from reid_app.model.embedder import build_embedder
from reid_app.model.embedder_config import EmbedderConfig
from tests.unit.model.networks import SMALL, small_embedder, stored_checkpoint

MASK = torch.tensor([[True, True, False], [True, True, True]])


def clips() -> torch.Tensor:
    return torch.randn(2, 3, 3, 32, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("neck", ["bn", "none"])
@pytest.mark.parametrize("dimension", [None, 24])
def test_an_embedding_is_frames_then_pooling_then_neck_then_length_one(neck: str, dimension: int | None) -> None:
    """Each step again by hand: mean of the real frames, batch normalisation by its formula, division by the length."""
    embedder = small_embedder(neck=neck, dimension=dimension)
    with torch.no_grad():
        made = embedder(clips(), mask_BT=MASK)
        frames = embedder.frames(clips())
        pooled = torch.stack([frames[0, :2].mean(dim=0), frames[1].mean(dim=0)])
        if neck == "bn":
            norm = embedder.neck
            pooled = (pooled - norm.running_mean) / torch.sqrt(norm.running_var + norm.eps) * norm.weight + norm.bias
        torch.testing.assert_close(made, pooled / pooled.norm(dim=1, keepdim=True))
        alone = embedder.embed(clips()[:1, :2], mask_BT=MASK[:1, :2])
    torch.testing.assert_close(made[:1], alone)
    assert made.shape == (2, embedder.feature_dim) == (2, dimension or 512)


def test_padding_is_not_even_looked_at() -> None:
    """In training it would move the statistics of batch normalisation."""
    statistics = []
    for fill in (0.0, 1e9):
        embedder = small_embedder().train()
        padded = clips()
        padded[0, 2] = fill
        frames = embedder.frames(padded, mask_BT=MASK)
        assert frames[0, 2].abs().sum() == 0
        statistics.append([buffer.clone() for buffer in embedder.buffers()])
    assert all(torch.equal(one, other) for one, other in zip(*statistics, strict=True))


def test_a_full_mask_is_no_mask() -> None:
    embedder = small_embedder()
    with torch.no_grad():
        whole = embedder.frames(clips(), mask_BT=torch.ones_like(MASK))
        torch.testing.assert_close(whole, embedder.frames(clips()))


def test_the_necks_offset_does_not_learn() -> None:
    embedder = build_embedder(EmbedderConfig(backbone="osnet_x0_25", preprocess=SMALL)).train()
    embedder(clips(), mask_BT=MASK).sum().backward()
    still = [name for name, parameter in embedder.named_parameters() if parameter.grad is None]
    assert still == ["neck.bias"]
    assert embedder.neck.bias.abs().sum() == 0


def config(path: Path, backbone: str = "mobilenet_v3_small") -> EmbedderConfig:
    return EmbedderConfig(backbone=backbone, preprocess=SMALL, initial_weights=path)


def test_it_starts_from_public_weights_without_their_classifier(tmp_path: Path) -> None:
    public = models.mobilenet_v3_small()
    path = tmp_path / "imagenet.safetensors"
    save_file(public.state_dict(), path)
    trunk = build_embedder(config(path)).backbone.trunk
    for name, tensor in trunk.state_dict().items():
        assert torch.equal(tensor, public.state_dict()[name])


def test_it_starts_from_weights_of_the_days_before_counters(tmp_path: Path) -> None:
    tensors = {
        name: tensor for name, tensor in models.mobilenet_v3_small().state_dict().items() if "num_batches" not in name
    }
    save_file(tensors, tmp_path / "old.safetensors")
    build_embedder(config(tmp_path / "old.safetensors"))


def test_it_starts_from_the_backbone_of_an_own_checkpoint(tmp_path: Path) -> None:
    path = stored_checkpoint(tmp_path, pooling="attention", dimension=24)
    begun = build_embedder(config(path, "osnet_x0_25"))
    given = small_embedder(pooling="attention", dimension=24).backbone.state_dict()
    assert all(torch.equal(tensor, given[name]) for name, tensor in begun.backbone.state_dict().items())
    assert begun.feature_dim == 512


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lose", r"does not fit MobileNetV3; missing: features\.0\.0\.weight$"),
        ("rename", r"missing: features\.0\.0\.weight; not expected: stem\.weight"),
        ("reshape", r"of another shape: features\.0\.0\.weight \(1, 3, 3, 3\) in place of \(16, 3, 3, 3\)"),
        ("many", r"missing: .* and \d+ more"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, change: str, said: str) -> None:
    tensors = models.mobilenet_v3_small().state_dict()
    stem = tensors.pop("features.0.0.weight")
    if change == "rename":
        tensors["stem.weight"] = stem
    elif change == "reshape":
        tensors["features.0.0.weight"] = stem[:1].clone()
    elif change == "many":
        tensors = {"features.0.0.weight": stem}
    path = tmp_path / "other.safetensors"
    save_file(tensors, path)
    with pytest.raises(ModelInvalidError, match=said) as caught:
        build_embedder(config(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_none_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"nowhere\.safetensors does not exist"):
        build_embedder(config(tmp_path / "nowhere.safetensors"))
    torch.save(models.mobilenet_v3_small().state_dict(), tmp_path / "imagenet.pth")
    with pytest.raises(ModelInvalidError, match=r"imagenet\.pth is no safetensors file .*reid models convert"):
        build_embedder(config(tmp_path / "imagenet.pth"))
