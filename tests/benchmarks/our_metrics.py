"""All metrics as the product computes them; prints them as JSON."""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from reid_app.evaluation.distances import EmbeddingDistances, MatrixDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from tests.benchmarks.pairs import peak_of_self_mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("--distances", type=Path, help="start from these instead of the embeddings")
    arguments = parser.parse_args()
    data = np.load(arguments.features)
    embeddings, pids, camids, query_rows = (data[name] for name in ("embeddings", "pids", "camids", "query_rows"))
    stored = np.load(arguments.distances, mmap_mode="r") if arguments.distances else None
    started, processor_started = time.perf_counter(), time.process_time()
    evaluation = evaluate(
        EmbeddingDistances(embeddings[query_rows], embeddings) if stored is None else MatrixDistances(stored),
        query=Labels(pids=pids[query_rows], camids=camids[query_rows]),
        gallery=Labels(pids=pids, camids=camids),
        own_column_Q=query_rows,
        protocol=protocol_of("standard"),
    )
    answer = {**evaluation.summary(), "cmc": evaluation.cmc.tolist()}
    times = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor_started,
    }
    print(json.dumps({**answer, **times, "peak_mib": peak_of_self_mib()}))


if __name__ == "__main__":
    main()
