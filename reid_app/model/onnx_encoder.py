"""Frame-level re-identification networks as encoders."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import SettingsError
from reid_app.model.config import EncoderConfig
from reid_app.model.embedding import embed_tracklets
from reid_app.model.fingerprint import model_id
from reid_app.model.onnx_network import OnnxNetwork
from reid_app.model.places import ModelFile
from reid_app.model.preprocess import preprocess_crops
from reid_app.tracklets.types import Image, Tracklet


class OnnxEncoder:
    """A frame-level ONNX network, temporal pooling and L2.

    Args:
        file: A checked file of a known embedding model, whose entry holds the preprocess.
        config: Frames, pooling, batch size, threads.

    Raises:
        SettingsError: The file is not a known embedding model, so how to prepare its input is unknown; or it does not
            have the pooling that the config asks for.
        ModelInvalidError: The file has other inputs or outputs than a frame-level network.
    """

    def __init__(self, file: ModelFile, *, config: EncoderConfig) -> None:
        if file.known is None or file.known.preprocess is None:
            is_unknown = file.known is None
            what = "has no card and is in no entry of models.yaml" if is_unknown else f"is {file.name}, a detector"
            raise SettingsError(
                f"{file.path} (sha256 {file.sha256}) {what}: an encoder needs the card that `reid export` writes "
                f"beside the file, or an entry in models.yaml with `task: embedding` and its preprocess"
            )
        self._preprocess = file.known.preprocess
        self._head = file.known.head
        self._file = file
        self._config = config
        self._network = OnnxNetwork(file, preprocess=self._preprocess, threads=config.threads)
        self._model_id = model_id(
            file.known.source_sha256 or file.sha256,
            preprocess=self._preprocess.model_dump(mode="json"),
            head=self._head,
            config=config,
        )

    @property
    def model_id(self) -> str:
        """Fingerprint of weights, preprocess and pooling; that of the checkpoint for an export with proven parity."""
        return self._model_id

    @property
    def name(self) -> str:
        """Name of the entry in ``models.yaml`` or in the file's card."""
        return self._file.name

    @property
    def dimension(self) -> int:
        """D of the network's output."""
        return self._network.dimension

    @property
    def pooling(self) -> str:
        """The temporal pooling in use: the one asked for, or the model's own."""
        return self._head.pooling(self._config)

    def encode(self, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
        """L2-normalised embeddings ``(B, D)``, one row a tracklet.

        Raises:
            ModelInvalidError: The network failed, or gave NaN, infinity or zeros. The message names model and tracklet.
        """
        return embed_tracklets(
            tracklets,
            self._frame_features,
            head=self._head,
            config=self._config,
            dimension=self.dimension,
            source=f"model {self.name} ({self._file.path})",
        )

    def _frame_features(self, images: Sequence[Image]) -> NDArray[np.float32]:
        return self._network.features(preprocess_crops(images, preprocess=self._preprocess))
