"""CMC, mAP and mINP by one argsort a query, as anybody would write it down; prints them as JSON."""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.pairs import peak_of_self_mib

NUM_RANKS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("--distances", type=Path, help="start from these instead of the embeddings")
    parser.add_argument("--stable", action="store_true", help="equal distances stay in the order of the gallery")
    arguments = parser.parse_args()
    kind = "stable" if arguments.stable else "quicksort"
    data = np.load(arguments.features)
    embeddings, pids, camids, query_rows = (data[name] for name in ("embeddings", "pids", "camids", "query_rows"))
    stored = np.load(arguments.distances, mmap_mode="r") if arguments.distances else None
    started, processor_started = time.perf_counter(), time.process_time()
    distance = 1.0 - embeddings[query_rows] @ embeddings.T if stored is None else stored
    cmc = np.zeros(NUM_RANKS)
    average_precisions, inverse_negative_penalties = [], []
    for row, query_row in enumerate(query_rows):
        pid, camid = pids[query_row], camids[query_row]
        order = np.argsort(distance[row], kind=kind)
        is_left_out = (pids == -1) | ((pids == pid) & (camids == camid))
        order = order[~is_left_out[order]]
        ranks = np.flatnonzero(pids[order] == pid) + 1
        if not len(ranks):
            continue
        cmc[ranks[0] - 1 :] += 1
        average_precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
        inverse_negative_penalties.append(len(ranks) / ranks[-1])
    answer = {
        "num_ranked": len(average_precisions),
        "cmc": (cmc / len(average_precisions)).tolist(),
        "mean_ap": float(np.mean(average_precisions)),
        "mean_inp": float(np.mean(inverse_negative_penalties)),
    }
    times = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor_started,
    }
    print(json.dumps({**answer, **times, "peak_mib": peak_of_self_mib()}))


if __name__ == "__main__":
    main()
