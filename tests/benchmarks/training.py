"""``python -m tests.benchmarks.training --json``: does the network ever wait for its pictures?

Whole training steps (forward, the joint objective, backward, SGD; two threads) on real crops of 256x128, varied in
every way, beside the same steps on random tensors that lie ready: blocks of steps in turn, in one process, ratios
within a round. The crops are `kept` (decoded and resized in an earlier epoch, still in memory) or `decoded` each time,
as where a data set is larger than memory. One thread prepares batches. A block begins with an empty queue, so the wait
for its first batch counts. Beside wall time stands CPU time of all threads, which other programs on the machine disturb
less. The loader's rate alone includes normalising.

What was found (profiles by CPU time, milliseconds a frame). Kept 0.20: normalising 0.07 (much of it the kernel's, for
fresh memory), colours 0.03 and their mean 0.02, drawing 0.02, the rest copies. Filling a moved clip with its border
colour by NumPy had cost 0.12; OpenCV's border costs 0.006. Decoded 0.56: JPEG 0.19, swapping its channels 0.15,
resizing 0.05. A worker process of torch's `DataLoader` in place of the thread took 0.6 and 1.0, and 0.2 to 0.6 s to
start; a second thread brought nothing on two cores. Clips with a pixel's channels side by side make a step
of mobilenet_v3_small cheaper: 13.0 ms instead of 17.1. JPEG decoding at half size would be three times as fast for
photos of 700 pixels and more, but gives other pixels than serving (0.7 grey levels in the mean, up to 31), once a run.

Where other programs fill the cores, ``OMP_WAIT_POLICY=passive`` made steps about ten times as fast: the network's
threads no longer spin while one of them has no core.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import torch

from reid_app.data.clip_config import AugmentationConfig, BatchConfig
from reid_app.data.clip_loader import ClipLoader
from reid_app.data.clips import ClipBatch
from reid_app.data.datasets import load_dataset
from reid_app.data.resized import ResizedPictures
from reid_app.losses.objective import JointObjective
from reid_app.model.config import Preprocess
from reid_app.model.embedder import build_embedder
from reid_app.training.config import Recipe
from reid_app.training.learner import Learner
from reid_app.training.processes import Processes
from reid_app.training.reproducible import reproducible
from reid_app.training.step import TrainingStep
from tests.benchmarks.pairs import interval, machine

CPU = torch.device("cpu")
RATE = 1e-4
NUM_IDENTITIES = 16
FEEDS = ("random", "kept", "decoded")
VARIED = AugmentationConfig(flip=0.5, shift_px=10, brightness=0.2, contrast=0.2, saturation=0.2, erase=0.5)
INPUT = Preprocess(
    height=256, width=128, channel_order="rgb", scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a network is measured: batches of so many identities x 2 tracklets x 4 frames, so many in a block."""

    num_identities: int
    num_steps: int

    @property
    def batch(self) -> BatchConfig:
        return BatchConfig(num_identities=self.num_identities, num_tracklets=2, num_frames=4)


PLANS = {
    "osnet_x0_25": Plan(num_identities=4, num_steps=4),
    "mobilenet_v3_small": Plan(num_identities=4, num_steps=6),
    "resnet50": Plan(num_identities=2, num_steps=2),
}


class Spent(NamedTuple):
    """Milliseconds for a frame."""

    wall_ms: float
    cpu_ms: float
    """Of all threads together."""


def spent(work: Callable[[], int]) -> Spent:
    """What a frame costs in work that says how many it did."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    num_frames = work()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    return Spent(wall_ms=1000.0 * wall_s / num_frames, cpu_ms=1000.0 * cpu_s / num_frames)


def make_loader(root: Path, *, feed: str, batch: BatchConfig, threads: int) -> ClipLoader:
    """`kept` has read every picture before it is returned."""
    tracklets = load_dataset("mars-crops", root).train
    pictures = ResizedPictures(INPUT, with_quality=False, memory_mib=1024 if feed == "kept" else 0)
    if feed == "kept":
        for tracklet in tracklets:
            for path in tracklet.frame_paths:
                pictures.read(path, box_xyxy=tracklet.box_xyxy)
    return ClipLoader(
        tracklets,
        batch=batch,
        augmentation=VARIED,
        pictures=pictures,
        seed=0,
        threads=threads,
        device=CPU,
        rank=0,
        num_ranks=1,
    )


def make_learner(backbone: str, *, batch: BatchConfig) -> Learner:
    """A plain training with the whole objective."""
    recipe = Recipe.model_validate(
        {
            "data": {"dataset": "mars-crops"},
            "batch": batch,
            "model": {"backbone": backbone, "preprocess": INPUT},
            "objective": {},
            "optimiser": {"kind": "sgd", "learning_rate": RATE},
            "schedule": {"kind": "cosine"},
            "length": {"unit": "steps", "count": 1},
        }
    )
    model = build_embedder(recipe.model)
    objective = JointObjective(model.feature_dim, num_identities=NUM_IDENTITIES, config=recipe.objective)
    step = TrainingStep(model, objective=objective)
    return Learner(step, recipe=recipe, processes=Processes(rank=0, count=1, device=CPU))


def learn(learner: Learner, batches: Iterable[ClipBatch]) -> int:
    """A step with each batch; the number of frames."""
    num_frames = 0
    for batch in batches:
        learner.learn(batch, learning_rate=RATE)
        num_frames += batch.mask_BT.numel()
    return num_frames


def measure_network(backbone: str, *, root: Path, num_rounds: int) -> dict[str, Any]:
    plan = PLANS[backbone]
    learner = make_learner(backbone, batch=plan.batch)
    loaders = {feed: make_loader(root, feed=feed, batch=plan.batch, threads=1) for feed in ("kept", "decoded")}
    real = next(loaders["kept"].steps(first=0, stop=1))
    ready = ClipBatch(
        clips_BTCHW=torch.randn_like(real.clips_BTCHW), mask_BT=real.mask_BT, pids_B=real.pids_B, quality_BT=None
    )

    def batches(feed: str, *, turn: int) -> Iterable[ClipBatch]:
        if feed == "random":
            return repeat(ready, plan.num_steps)
        return loaders[feed].steps(first=turn * plan.num_steps, stop=(turn + 1) * plan.num_steps)

    learn(learner, repeat(ready, 2))
    blocks: dict[str, list[Spent]] = {feed: [] for feed in FEEDS}
    for turn in range(num_rounds):
        for place in range(len(FEEDS)):
            feed = FEEDS[(turn + place) % len(FEEDS)]
            blocks[feed].append(spent(lambda feed=feed, turn=turn: learn(learner, batches(feed, turn=turn))))
    return {
        "backbone": backbone,
        "frames_per_batch": ready.mask_BT.numel(),
        "steps_per_block": plan.num_steps,
        "frames_per_s": {
            feed: round(1000.0 / statistics.median(block.wall_ms for block in blocks[feed]), 1) for feed in FEEDS
        },
        "cost_of_feeding": {feed: cost(blocks[feed], blocks["random"]) for feed in FEEDS[1:]},
    }


def cost(fed: list[Spent], random: list[Spent]) -> dict[str, Any]:
    """What feeding adds, as a share of what a step costs without it: medians and their 95 % intervals."""

    def added(of: Callable[[Spent], float]) -> dict[str, Any]:
        shares = [of(one) / of(other) - 1.0 for one, other in zip(fed, random, strict=True)]
        return {
            "median": round(statistics.median(shares), 3),
            "interval_95": [round(value, 3) for value in interval(shares)],
        }

    return {"wall": added(lambda block: block.wall_ms), "cpu": added(lambda block: block.cpu_ms)}


def measure_loader(*, root: Path, num_rounds: int) -> list[dict[str, Any]]:
    """The loader alone, in 16 batches a round."""
    batch = PLANS["osnet_x0_25"].batch
    ways = [(feed, threads) for feed in ("kept", "decoded") for threads in (1, 2)]
    loaders = {(feed, threads): make_loader(root, feed=feed, batch=batch, threads=threads) for feed, threads in ways}

    def drain(loader: ClipLoader, *, turn: int) -> int:
        return sum(batch.mask_BT.numel() for batch in loader.steps(first=16 * turn, stop=16 * (turn + 1)))

    blocks: dict[tuple[str, int], list[Spent]] = {way: [] for way in ways}
    for turn in range(num_rounds):
        for way in ways:
            blocks[way].append(spent(lambda way=way, turn=turn: drain(loaders[way], turn=turn)))
    return [
        {
            "feed": feed,
            "threads": threads,
            "frames_per_s": round(1000.0 / statistics.median(block.wall_ms for block in blocks[feed, threads])),
            "cpu_ms_per_frame": round(statistics.median(block.cpu_ms for block in blocks[feed, threads]), 3),
        }
        for feed, threads in ways
    ]


def measure(root: Path, *, num_rounds: int, backbones: Iterable[str]) -> dict[str, Any]:
    with reproducible(threads=2, device=CPU):
        return {
            "data": "mini_mars, 1,719 crops of 256x128",
            "threads": {"network": torch.get_num_threads(), "loader": 1},
            "wait_policy": os.environ.get("OMP_WAIT_POLICY", "default"),
            "num_rounds": num_rounds,
            "loader_alone": measure_loader(root=root, num_rounds=num_rounds),
            "networks": [measure_network(backbone, root=root, num_rounds=num_rounds) for backbone in backbones],
            "torch": torch.__version__,
            **machine(),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backbones", nargs="+", choices=list(PLANS), default=list(PLANS))
    arguments = parser.parse_args()
    root = Path(os.environ["TEST_DATA_DIR"]) / "mini_mars"
    result = measure(root, num_rounds=arguments.rounds, backbones=arguments.backbones)
    if arguments.json:
        print(json.dumps(result, indent=2))
        return 0
    for alone in result["loader_alone"]:
        print(
            f"loader alone, {alone['feed']}, {alone['threads']} threads: {alone['frames_per_s']} frames/s, "
            f"{alone['cpu_ms_per_frame']} ms of CPU a frame"
        )
    for network in result["networks"]:
        rates = ", ".join(f"{feed} {rate}" for feed, rate in network["frames_per_s"].items())
        print(f"{network['backbone']}: frames/s: {rates}")
        for feed, added in network["cost_of_feeding"].items():
            shares = ", ".join(f"{kind} {share['median']:+.1%} {share['interval_95']}" for kind, share in added.items())
            print(f"  {feed}: {shares}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
