"""From a checkpoint to an ONNX file that serves it, with proof that both are the same network.

Shape letters: N pictures, H height, W width, D feature size.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from reid_app.errors import ModelInvalidError
from reid_app.model.checkpoint import load_checkpoint
from reid_app.model.config import Preprocess
from reid_app.model.export_card import FORMAT, ExportCard, Likeness, model_name
from reid_app.model.known import KnownModel
from reid_app.model.onnx_file import INPUT, to_onnx
from reid_app.model.onnx_network import OnnxNetwork
from reid_app.model.places import ModelFile
from reid_app.model.pooling import l2_normalise
from reid_app.model.preprocess import preprocess_crops
from reid_app.model.quantise import quantise
from reid_app.model.served import FrameNetwork, split_for_serving
from reid_app.tracklets.files import write_atomically
from reid_app.tracklets.types import Image

MIN_COSINE = 0.9999
"""Of an exported network's features to torch's, for every picture; else it is another network."""

_BATCH = 16
_NUM_PAINTED = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What networks are compared on, and int8 is calibrated on."""

    images: Sequence[Image]
    """At least two, RGB uint8 of any size."""
    described: str
    """For people, such as ``64 crops of night_shift``."""

    def __post_init__(self) -> None:
        if len(self.images) < 2:
            raise ValueError(f"an export needs at least two pictures, got {len(self.images)}: {self.described}")


def painted_pictures() -> Pictures:
    """Patches of random colours under random grain, always the same: enough to prove parity, not to calibrate int8."""
    random = np.random.default_rng(0)
    images = []
    for _ in range(_NUM_PAINTED):
        patches = random.integers(0, 256, (6, 3, 3)).astype(np.float32)
        grain = random.normal(scale=random.uniform(0, 40), size=(128, 64, 3))
        images.append(np.clip(cv2.resize(patches, (64, 128)) + grain, 0, 255).astype(np.uint8))
    return Pictures(images=images, described=f"{_NUM_PAINTED} painted pictures")


def export_onnx(checkpoint: Path, *, out: Path, pictures: Pictures, int8: bool) -> ExportCard:
    """Write a checkpoint's network as ONNX with a free batch, and a card beside it that makes it a known model.

    The network takes preprocessed pictures and gives frame features; the card says what comes after. A float file has
    the checkpoint's model id, because it is proven to be the same network; an int8 file has its own.

    Args:
        checkpoint: A safetensors file with its card.
        out: The ONNX file, replaced when it exists; its name becomes the model's.
        pictures: The proof is made on them. For int8 every second one calibrates, and the others measure the loss.
        int8: Whether the network is quantised.

    Returns:
        The card as it was stored.

    Raises:
        ModelMissingError: Checkpoint or card do not exist.
        ModelInvalidError: The checkpoint is damaged, or the ONNX network gives other features than torch. Nothing is
            written.
        SettingsError: The file's name makes no model name.
        StorageFullError: The disk is full.
    """
    name = model_name(out)
    embedder, card = load_checkpoint(checkpoint)
    network, head = split_for_serving(embedder)
    preprocess = card.architecture.preprocess
    images_N3HW = preprocess_crops(pictures.images, preprocess=preprocess)
    described = pictures.described

    content = to_onnx(network, preprocess=preprocess)
    features_ND = _onnx_features(content, images_N3HW, preprocess=preprocess)
    parity = _likeness(features_ND, _torch_features(network, images_N3HW), described=described)
    if not parity.min_cosine >= MIN_COSINE:
        raise ModelInvalidError(
            f"the ONNX network of {checkpoint} gives other features than torch ({parity}; {MIN_COSINE} is needed): "
            f"nothing was written; its weights may be broken, or the exporter has an error"
        )
    loss = None
    if int8:
        content = quantise(content, input_name=INPUT, batches_B3HW=_in_batches(images_N3HW[::2]))
        quantised_ND = _onnx_features(content, images_N3HW[1::2], preprocess=preprocess)
        loss = _likeness(quantised_ND, features_ND[1::2], described=f"every second of {described}")

    architecture = card.architecture
    entry = KnownModel(
        name=name,
        task="embedding",
        filename=out.name,
        sha256=hashlib.sha256(content).hexdigest(),
        num_bytes=len(content),
        licence=card.licence,
        note=f"{architecture.backbone}{', int8' if int8 else ''}, {embedder.feature_dim} features, trained with "
        f"{architecture.pooling} pooling; exported from {checkpoint.name}.",
        preprocess=preprocess,
        head=head,
        source_sha256=None if int8 else card.sha256,
    )
    exported = ExportCard(format=FORMAT, entry=entry, parity=parity, int8=loss, checkpoint=card)
    write_atomically(out, content)
    write_atomically(out.with_suffix(".json"), exported.model_dump_json(indent=2).encode() + b"\n")
    return exported


def _in_batches(images_N3HW: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [images_N3HW[start : start + _BATCH] for start in range(0, len(images_N3HW), _BATCH)]


def _torch_features(network: FrameNetwork, images_N3HW: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        batches = [network(torch.from_numpy(batch)).numpy() for batch in _in_batches(images_N3HW)]
    return np.concatenate(batches)


def _onnx_features(content: bytes, images_N3HW: NDArray[np.float32], *, preprocess: Preprocess) -> NDArray[np.float32]:
    """As `OnnxEncoder` will compute them: the first picture alone, the others in batches."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "exported.onnx"
        path.write_bytes(content)
        file = ModelFile(path=path, sha256=hashlib.sha256(content).hexdigest(), known=None)
        network = OnnxNetwork(file, preprocess=preprocess, threads=torch.get_num_threads())
        batches = [images_N3HW[:1], *_in_batches(images_N3HW[1:])]
        return np.concatenate([network.features(batch) for batch in batches])


def _likeness(features_ND: NDArray[np.float32], other_ND: NDArray[np.float32], *, described: str) -> Likeness:
    cosine_N = np.sum(l2_normalise(features_ND) * l2_normalise(other_ND), axis=1, dtype=np.float64)
    if not np.isfinite(cosine_N).all():
        raise ModelInvalidError(f"a network gave NaN or infinity on one of {described}: its weights are broken")
    return Likeness(pictures=described, min_cosine=float(cosine_N.min()), mean_cosine=float(cosine_N.mean()))
