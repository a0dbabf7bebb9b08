"""A checkpoint of our own as an encoder, without export."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from reid_app.model.checkpoint import load_checkpoint
from reid_app.model.config import EncoderConfig
from reid_app.model.embedding import embed_tracklets
from reid_app.model.fingerprint import model_id
from reid_app.model.preprocess import preprocess_crops
from reid_app.model.served import split_for_serving
from reid_app.tracklets.types import Image, Tracklet


class TorchEncoder:
    """A checkpoint's network in torch, on a GPU where there is one.

    Frames are sampled and pooled by the same code as an export's, and the model id is the same.

    Args:
        path: A safetensors file with its card.
        config: Frames, pooling, batch size; threads are torch's of the whole process.

    Raises:
        ModelMissingError: Weights or card are not there.
        ModelInvalidError: They are damaged, or do not fit.
        SettingsError: The network does not have the pooling that the config asks for.
    """

    def __init__(self, path: Path, *, config: EncoderConfig) -> None:
        embedder, card = load_checkpoint(path)
        network, self._head = split_for_serving(embedder)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device)
        self._preprocess = card.architecture.preprocess
        self._dimension = embedder.feature_dim
        self._path = path
        self._config = config
        self._model_id = model_id(
            card.sha256, preprocess=self._preprocess.model_dump(mode="json"), head=self._head, config=config
        )
        torch.set_num_threads(config.threads)

    @property
    def model_id(self) -> str:
        """Fingerprint of weights, preprocess and pooling."""
        return self._model_id

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self._path.stem

    @property
    def dimension(self) -> int:
        """D of the network's output."""
        return self._dimension

    @property
    def pooling(self) -> str:
        """The temporal pooling in use: the one asked for, or the model's own."""
        return self._head.pooling(self._config)

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        """L2-normalised embeddings ``(B, D)``, one row a tracklet.

        Raises:
            ModelInvalidError: The network gave NaN, infinity or zeros. The message names model and tracklet.
        """
        return embed_tracklets(
            tracklets,
            self._frame_features,
            head=self._head,
            config=self._config,
            dimension=self.dimension,
            source=f"model {self.name} ({self._path})",
        )

    def _frame_features(self, images: Sequence[Image]) -> NDArray[np.float32]:
        batch_N3HW = torch.from_numpy(preprocess_crops(images, preprocess=self._preprocess))
        # TF32 would give a GPU embeddings of its own.
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            features_ND: NDArray[np.float32] = self._network(batch_N3HW.to(self._device)).cpu().numpy()
        return features_ND
