"""``python -m tests.benchmarks.evaluation --json``: evaluation at the size of MARS.

``--part metrics`` measures ranking and metrics (`evaluation_metrics`), ``--part rerank`` re-ranking
(`evaluation_rerank`); without it both.
"""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

from tests.benchmarks.pairs import machine

PARTS = {"metrics": "tests.benchmarks.evaluation_metrics", "rerank": "tests.benchmarks.evaluation_rerank"}
"""Each has ``measure(test_data_dir, *, num_pairs)``, which returns a dictionary ready for JSON."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--pairs", type=int, default=7)
    arguments = parser.parse_args()
    test_data_dir = Path(os.environ["TEST_DATA_DIR"])
    result = {
        part: importlib.import_module(module).measure(test_data_dir, num_pairs=arguments.pairs)
        for part, module in PARTS.items()
        if arguments.part in (None, part)
    }
    if arguments.json:
        print(json.dumps({**result, **machine()}, indent=2))
    else:
        for part, figures in result.items():
            print(part, *(f"{name} {value}" for name, value in figures.items()), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
