"""k-reciprocal re-ranking as the product does it; prints JSON."""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from reid_app.evaluation.reranking import RerankConfig, rerank
from tests.benchmarks.pairs import peak_of_self_mib

ROWS_OF_BLOCK = 224
"""As many as the evaluator asks for."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("distances", type=Path, help="where the distances go, raw float32")
    parser.add_argument("--memory-mib", type=int, default=RerankConfig().memory_mib)
    arguments = parser.parse_args()
    data = np.load(arguments.features)
    query, gallery = data["query"], data["gallery"]
    started = time.perf_counter()
    with arguments.distances.open("wb") as file:
        distances = rerank(query, gallery, config=RerankConfig(memory_mib=arguments.memory_mib))
        for start in range(0, len(query), ROWS_OF_BLOCK):
            distances.rows(start, min(start + ROWS_OF_BLOCK, len(query))).tofile(file)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mib": peak_of_self_mib()}))


if __name__ == "__main__":
    main()
