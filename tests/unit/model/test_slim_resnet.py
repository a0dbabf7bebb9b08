from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from reid_app.errors import ModelInvalidError, ModelMissingError
from reid_app.model.backbones.build import build_backbone
from reid_app.model.backbones.initial import start_from
from reid_app.model.backbones.slim_resnet import SlimResnet, StripePooling, instance_norm
from reid_app.model.backbones.yolox import YoloxTrunk, load_yolox_nano
from reid_app.model.config import Preprocess
from reid_app.model.embedder_config import EmbedderConfig
from tests.unit.model.networks import SMALL

GUIDED = Preprocess(
    height=64, width=32, channel_order="bgr", scale=1.0, mean=(114.0, 114.0, 114.0), std=(1.0, 1.0, 1.0)
)


def pictures(height: int = 64, width: int = 32) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) * 255 - 114


def test_the_guide_is_the_beginning_of_yolox_nano(models_dir: Path) -> None:
    """The public file itself, run by ONNX Runtime, with its inner maps as outputs."""
    path = models_dir / "yolox_nano.onnx"
    model = onnx.load(path)
    products = [node.output[0] for node in model.graph.node if node.op_type == "Mul"]
    taps = [products[count - 1] for count in (9, 23, 37)]  # each convolution is followed by one product, of its SiLU
    for tap in taps:
        model.graph.output.append(onnx.helper.make_tensor_value_info(tap, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    image = np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)
    expected = session.run(taps, {"images": image})

    trunk = YoloxTrunk()
    load_yolox_nano(trunk, path=path)
    with torch.inference_mode():
        found = trunk(torch.from_numpy(image))
    for map_NCHW, expected_NCHW in zip(found, expected, strict=True):
        np.testing.assert_allclose(map_NCHW.numpy(), expected_NCHW, atol=1e-4)


def test_instance_norm_is_torchs() -> None:
    maps = torch.randn(3, 8, 9, 5, generator=torch.Generator().manual_seed(0)) * 3 + 1
    torch.testing.assert_close(instance_norm(8)(maps), nn.InstanceNorm2d(8)(maps))


def test_a_cast_of_colour_and_contrast_changes_nothing() -> None:
    """The stem normalises each picture; the border of zeros sees the offset, so pictures here have none."""
    network = SlimResnet().eval()
    images = pictures()
    with torch.inference_mode():
        torch.testing.assert_close(network(images * 0.5), network(images), atol=1e-3, rtol=1e-3)


def test_stripes_are_means_of_rows() -> None:
    maps = torch.arange(2 * 3 * 8 * 2, dtype=torch.float32).reshape(2, 3, 8, 2)
    pooled = StripePooling()(maps)
    expected = [maps.mean((2, 3)), *(maps[:, :, top : top + 2].mean((2, 3)) for top in (0, 2, 4, 6))]
    stripes = torch.stack(expected[1:], dim=2).flatten(1)
    torch.testing.assert_close(pooled, torch.cat([expected[0], stripes], dim=1))


@pytest.mark.parametrize(("name", "preprocess"), [("slim_resnet", SMALL), ("slim_resnet_guided", GUIDED)])
def test_a_vector_a_picture(name: str, preprocess: Preprocess) -> None:
    backbone = build_backbone(EmbedderConfig(backbone=name, preprocess=preprocess)).eval()
    with torch.inference_mode():
        features = backbone(pictures())
    assert features.shape == (2, backbone.feature_dim)
    assert not torch.equal(features[0], features[1])


def test_no_network_starts_from_a_detector(models_dir: Path) -> None:
    guided = build_backbone(EmbedderConfig(backbone="slim_resnet_guided", preprocess=GUIDED))
    with pytest.raises(ModelInvalidError, match=r"yolox_nano\.onnx is no safetensors file"):
        start_from(models_dir / "yolox_nano.onnx", backbone=guided)


@pytest.mark.parametrize(
    ("name", "message"),
    [("osnet_x0_25_msmt17.onnx", "convolutions differ"), ("missing.onnx", "does not exist")],
)
def test_what_is_no_yolox_is_refused(models_dir: Path, name: str, message: str) -> None:
    with pytest.raises((ModelInvalidError, ModelMissingError), match=message):
        load_yolox_nano(YoloxTrunk(), path=models_dir / name)


def test_what_is_no_onnx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\xff\xff no network")
    with pytest.raises(ModelInvalidError, match="is no ONNX file"):
        load_yolox_nano(YoloxTrunk(), path=path)
