"""Writes what both sides of `evaluation_metrics` start from: embeddings with labels, and their distances.

A process of its own: the peak memory of a process counts into that of the processes that it starts.
"""

import argparse
import os
from pathlib import Path

import numpy as np

from tests.mars_features import mars_features


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dimension", type=int, required=True)
    arguments = parser.parse_args()
    features = mars_features(Path(os.environ["TEST_DATA_DIR"]), dimension=arguments.dimension)
    np.savez(
        arguments.folder / "embeddings.npz",
        embeddings=features.embeddings_GD,
        pids=features.gallery.pids,
        camids=features.gallery.camids,
        query_rows=features.query_rows_Q,
    )
    similarities = features.query_embeddings_QD @ features.embeddings_GD.T
    np.save(arguments.folder / "distances.npy", np.clip(1.0 - similarities, 0.0, 2.0))


if __name__ == "__main__":
    main()
