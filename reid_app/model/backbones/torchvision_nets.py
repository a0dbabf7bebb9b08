"""torchvision's networks without their classifiers, with random weights.

ImageNet weights of `googlenet` were trained on values in [-1, 1] (mean and std 0.5), the others on the usual
ImageNet mean and std; a preprocess says which.
"""

import torch
from torch import Tensor, nn
from torchvision import models  # type: ignore[import-untyped]

from reid_app.errors import SettingsError
from reid_app.model.backbones.backbone import Backbone
from reid_app.model.config import Preprocess
from reid_app.model.embedder_config import EmbedderConfig, TorchvisionName

_GOOGLENET_BEGIN = ("conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b", "maxpool3")
_GOOGLENET_MIDDLE = ("inception4a", "inception4b", "inception4c", "inception4d", "inception4e")
_GOOGLENET_UNUSED = ("aux1.", "aux2.", "fc.")
_WINDOW = 5


def make_torchvision(name: TorchvisionName, *, config: EmbedderConfig) -> Backbone:
    """The network of that name.

    Raises:
        SettingsError: The pictures are too small for the network.
    """
    match name:
        case "resnet50":
            return _resnet50(config.last_stride)
        case "googlenet":
            return _googlenet() if config.level == "final" else _googlenet_middle(config.preprocess)
        case "mobilenet_v3_small":
            return _mobilenet(models.mobilenet_v3_small(), feature_dim=576)
        case "mobilenet_v3_large":
            return _mobilenet(models.mobilenet_v3_large(), feature_dim=960)


def _resnet50(last_stride: int) -> Backbone:
    net = models.resnet50()
    net.fc = nn.Identity()
    first = net.layer4[0]
    first.conv2.stride = first.downsample[0].stride = (last_stride, last_stride)
    return Backbone(net, head=nn.Identity(), feature_dim=2048, unused=("fc.",))


def _mobilenet(net: nn.Module, *, feature_dim: int) -> Backbone:
    net.classifier = nn.Identity()
    return Backbone(net, head=nn.Identity(), feature_dim=feature_dim, unused=("classifier.",))


def _googlenet() -> Backbone:
    net = models.googlenet(aux_logits=False, init_weights=False)
    net.fc = net.dropout = nn.Identity()
    return Backbone(net, head=nn.Identity(), feature_dim=1024, unused=_GOOGLENET_UNUSED)


def _googlenet_middle(preprocess: Preprocess) -> Backbone:
    """The embedding that the OSM+CAA paper trained: a head upon the middle of the network.

    inception4e -> average of 5x5 places, every third -> 1x1 convolution to 128 -> fully connected 1024; batch
    normalisation and ReLU after both. It is the head of the paper on another trunk: the paper's is Caffe's BN-Inception
    ("GoogLeNet-V2"), torchvision has the first GoogLeNet with batch normalisation.
    """
    net = models.googlenet(aux_logits=False, init_weights=False)
    trunk = nn.Sequential()
    for name in (*_GOOGLENET_BEGIN, *_GOOGLENET_MIDDLE):
        trunk.add_module(name, getattr(net, name))
    channels, rows, columns = _output_size(trunk, preprocess)
    if min(rows, columns) < _WINDOW:
        raise SettingsError(
            f"googlenet's middle head needs pictures of at least 79x79, the preprocess makes them "
            f"{preprocess.height}x{preprocess.width}"
        )
    places = ((rows - _WINDOW) // 3 + 1) * ((columns - _WINDOW) // 3 + 1)
    head = nn.Sequential(
        nn.AvgPool2d(_WINDOW, stride=3),
        nn.Conv2d(channels, 128, 1, bias=False),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * places, 1024, bias=False),
        nn.BatchNorm1d(1024),
        nn.ReLU(),
    )
    return Backbone(trunk, head=head, feature_dim=1024, unused=("inception5a.", "inception5b.", *_GOOGLENET_UNUSED))


def _output_size(trunk: nn.Module, preprocess: Preprocess) -> tuple[int, int, int]:
    is_training = trunk.training
    with torch.no_grad():
        maps_1CHW: Tensor = trunk.eval()(torch.zeros(1, 3, preprocess.height, preprocess.width))
    trunk.train(is_training)
    _, channels, rows, columns = maps_1CHW.shape
    return channels, rows, columns
