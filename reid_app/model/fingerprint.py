"""The model id: equal ids mean that embeddings may be compared."""

import hashlib
import json
from collections.abc import Mapping

from reid_app.model.config import EncoderConfig
from reid_app.model.head import Head

FORMAT = 1
"""Raised by hand when the code changes what an embedding is: resizing, normalisation, a pooling's weights."""


def model_id(source: str, *, preprocess: Mapping[str, object], head: Head, config: EncoderConfig) -> str:
    """Fingerprint of everything that shapes an embedding, equal on every machine.

    It is the start of the sha256 of a JSON text (keys sorted, no spaces) of ``format``, ``source``, ``preprocess``,
    ``pooling``, ``num_frames``, and ``clips``, ``flip`` and ``normalise_frames`` where they are not the default. Batch
    size, threads and the place of the file are not in it: they change speed only. What a head has learned is part of
    the source weights.

    Args:
        source: sha256 of the source weights, or name and version of an encoder without weights.
        preprocess: What happens to a crop before the encoder, as JSON values.
        head: Its pooling where the config names none, and whether it normalises frames.
        config: Pooling, frames, clips and flip are read.

    Returns:
        16 lower-case hexadecimal digits.

    Raises:
        SettingsError: The config asks for a pooling that the head does not have.
    """
    parts = {
        "format": FORMAT,
        "source": source,
        "preprocess": preprocess,
        "pooling": head.pooling(config),
        "num_frames": config.num_frames,
        **config.model_dump(include={"clips", "flip"}, exclude_defaults=True),
        **head.model_dump(include={"normalise_frames"}, exclude_defaults=True),
    }
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
