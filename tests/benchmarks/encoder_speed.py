"""``python -m tests.benchmarks.encoder_speed --json``: how many crops a second the shipped encoder takes, beside OSNet.

Both through the product's own encoder (resizing, normalising, ONNX Runtime, pooling; two threads) on the same real
tracklets, in turn, in one process; the ratio is taken within a round, so a busy machine slows both. Networks of
different input size do the work that each needs: 128x64 here, 256x128 there. `network` is ONNX Runtime alone on
prepared input.

Profile of the network: convolutions 58 %, resampling of the closer look 13 %. Its grid took another quarter as torch's
`affine_grid`; without rotation and shear it is two sums.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.model.config import EncoderConfig
from reid_app.model.onnx_network import OnnxNetwork
from reid_app.model.places import resolve_model
from reid_app.pipelines.parts import known_models, model_places, open_encoder
from reid_app.settings import Settings
from tests.benchmarks.pairs import interval, machine
from tests.unit.model.people import tracklet

OURS, OTHER = "osm_caa_synthetic", "osnet_x0_25_msmt17"
BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(rounds=arguments.rounds)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    for name in ("encoder", "network"):
        figures = found[name]
        low, high = figures["ratio_95"]
        print(
            f"{name}: {OURS} {figures[OURS]:.0f} crops/s, {OTHER} {figures[OTHER]:.0f} crops/s, "
            f"ratio {figures['ratio']:.2f} [{low:.2f}, {high:.2f}]"
        )


def measure(*, rounds: int) -> dict[str, Any]:
    """Rates of both, through the encoder and of the network alone."""
    root = Path(os.environ["TEST_DATA_DIR"]) / "pku_reid"
    people = load_dataset("folder", root).query
    tracklets = [tracklet(one.name, [read_picture(path) for path in one.frame_paths]) for one in people]
    settings = Settings(models_dir=Path(os.environ["REID_MODELS_DIR"]))
    encoders, networks = {}, {}
    for name in (OURS, OTHER):
        changed = settings.model_copy(update={"encoder": EncoderConfig(model=name, batch_size=BATCH)})
        encoder = open_encoder(changed)
        encoders[name] = lambda encoder=encoder: encoder.encode(tracklets)
        file = resolve_model(name, known=known_models(settings), places=model_places(settings))
        preprocess = file.known.preprocess if file.known else None
        assert preprocess is not None
        network = OnnxNetwork(file, preprocess=preprocess, threads=2)
        size = (BATCH, 3, preprocess.height, preprocess.width)
        images = np.random.default_rng(0).normal(size=size).astype(np.float32)
        networks[name] = lambda network=network, images=images: network.features(images)
    num_crops = sum(min(8, len(one.crops)) for one in tracklets)
    return {
        "machine": machine(),
        "rounds": rounds,
        "encoder": _rates(encoders, crops=num_crops, rounds=rounds),
        "network": _rates(networks, crops=BATCH, rounds=8 * rounds),
    }


def _rates(sides: dict[str, Callable[[], object]], *, crops: int, rounds: int) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    ratios = [other / ours for ours, other in zip(seconds[OURS], seconds[OTHER], strict=True)]
    return {
        **{name: crops / statistics.median(values) for name, values in seconds.items()},
        "ratio": statistics.median(ratios),
        "ratio_95": interval(ratios),
    }


if __name__ == "__main__":
    main()
