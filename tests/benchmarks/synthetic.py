"""How many finished crops of synthetic people one core makes a second, beside the rasteriser alone.

The rasteriser's share is measured inside the same calls, so both see the same load. One process, and one thread of
OpenCV and of the renderer. The first use of a cache folder makes the bodies (minutes), which is not measured. Example:
``python -m tests.benchmarks.synthetic --cache /tmp/bodies --rounds 7``
"""

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ["LP_NUM_THREADS"] = "0"

import cv2

from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.rasteriser import GBuffer, Rasteriser
from reid_app.data.synthetic.studio import Studio


class TimedRasteriser:
    """A rasteriser that counts its pictures and its seconds of CPU time."""

    def __init__(self, rasteriser: Rasteriser) -> None:
        self._rasteriser = rasteriser
        self.count = 0
        self.seconds = 0.0

    def draw(self, **mesh) -> GBuffer:
        start = time.process_time()
        buffer = self._rasteriser.draw(**mesh)
        self.seconds += time.process_time() - start
        self.count += 1
        return buffer

    def close(self) -> None:
        self._rasteriser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--identities", type=int, default=12, help="of a round, one tracklet of eight crops each")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    config = SyntheticConfig(num_cameras=1)
    rates = []
    with Studio(seed=1, config=config, cache=arguments.cache) as studio:
        studio.tracklet(identity=1, camera=0, tracklet=0)
        timed = TimedRasteriser(studio._rasteriser)
        studio._rasteriser = timed
        for number in range(arguments.rounds):
            first = 2 + number * arguments.identities
            rates.append(_round(studio, timed=timed, identities=range(first, first + arguments.identities)))
    names = (
        "finished crops per second of wall time",
        "finished crops per second of CPU time",
        "G-buffers per second of CPU time, rasteriser alone",
    )
    for name, values in zip(names, zip(*rates, strict=True), strict=True):
        print(f"{statistics.median(values):7.1f}  ({min(values):.1f} to {max(values):.1f})  {name}")
    print(f"{arguments.rounds} rounds, one thread, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


def _round(studio: Studio, *, timed: TimedRasteriser, identities: range) -> tuple[float, float, float]:
    timed.count, timed.seconds = 0, 0.0
    wall, cpu = time.perf_counter(), time.process_time()
    crops = sum(len(studio.tracklet(identity=number, camera=0, tracklet=0)[1]) for number in identities)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return crops / wall, crops / cpu, timed.count / timed.seconds


if __name__ == "__main__":
    main()
