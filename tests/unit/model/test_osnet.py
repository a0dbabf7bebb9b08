"""OSNet against the public network: its weights in our architecture give its features."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from reid_app.model.backbones.osnet import make_osnet
from reid_app.model.preprocess import preprocess_crops
from reid_app.model.weight_files import fit_weights
from tests.unit.model.networks import SMALL
from tests.unit.model.public_osnet import public_tensors

WIDTHS = {"x0_25": 0.2e6, "x0_5": 0.6e6, "x0_75": 1.3e6, "x1_0": 2.2e6}
"""Parameters by the paper's table 6."""


def test_with_the_public_weights_it_is_the_public_network(models_dir: Path, test_data_dir: Path) -> None:
    """Every weight is the file's: `fit_weights` lets only the counters of batches be missing."""
    path = models_dir / "osnet_x0_25_msmt17.onnx"
    net = make_osnet("osnet_x0_25").eval()
    fit_weights(net, tensors=public_tensors(path), path=path)
    files = sorted((test_data_dir / "pku_reid").rglob("*.png"))[::40]
    images = [np.asarray(cv2.imread(str(file))[..., ::-1], np.uint8) for file in files]
    assert len(images) >= 10
    full = SMALL.model_copy(
        update={"height": 256, "width": 128, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    )
    batch = preprocess_crops(images, preprocess=full)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    (expected,) = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(
        None, {"input": batch}
    )
    with torch.inference_mode():
        made = net(torch.from_numpy(batch)).numpy()
    lengths = np.linalg.norm(made, axis=1) * np.linalg.norm(expected, axis=1)
    assert np.min(np.sum(made * expected, axis=1) / lengths) >= 0.9999
    np.testing.assert_allclose(made, expected, atol=1e-3)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["", "ibn_", "ain_"])
def test_the_widths_have_the_sizes_of_the_paper(kind: str, width: str) -> None:
    net = make_osnet(f"osnet_{kind}{width}")  # type: ignore[arg-type]  # every combination is one of the names
    assert sum(parameter.numel() for parameter in net.parameters()) == pytest.approx(WIDTHS[width], rel=0.06)


def test_instance_normalisation_lies_where_the_papers_put_it() -> None:
    def places(name: str) -> dict[str, int]:
        net = make_osnet(name)  # type: ignore[arg-type]
        return {
            place: module.num_features for place, module in net.named_modules() if isinstance(module, nn.InstanceNorm2d)
        }

    assert places("osnet_x0_25") == {}
    assert places("osnet_ibn_x0_25") == {"conv1.bn": 16, "conv2.0.IN": 64, "conv2.1.IN": 64}
    inside = {"conv2.0.IN": 64, "conv2.1.IN": 64, "conv3.1.IN": 96, "conv4.0.IN": 128}
    assert places("osnet_ain_x0_25") == {"conv1.bn": 16, **inside}


def test_inside_the_residual_is_before_the_sum_and_outside_is_after_it() -> None:
    """With scale 0 and offset 1, a normalisation inside leaves identity + 1; one outside leaves 1 alone."""
    picture = torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(0))
    for name, expected in (("osnet_ain_x0_25", "identity"), ("osnet_ibn_x0_25", "ones")):
        block = make_osnet(name).conv2[0].eval()  # type: ignore[arg-type]
        nn.init.zeros_(block.IN.weight)
        nn.init.ones_(block.IN.bias)
        identity = torch.relu(block.downsample(picture) + 1)
        wanted = identity if expected == "identity" else torch.ones_like(identity)
        torch.testing.assert_close(block(picture), wanted)


def test_there_is_no_other_width() -> None:
    with pytest.raises(ValueError, match="no OSNet 'osnet_x2_0': there are osnet_x0_25"):
        make_osnet("osnet_x2_0")  # type: ignore[arg-type]
