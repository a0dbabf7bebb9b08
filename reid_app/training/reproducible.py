"""The same recipe gives the same weights: on a CPU bit for bit, whatever was killed and resumed in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def reproducible(*, threads: int, device: torch.device) -> Iterator[None]:
    """Fix what changes the rounding of sums; torch's settings and generators are given back afterwards.

    On a GPU torch picks its fastest kernels, and some of them add in any order: there, runs differ in the last bits.

    Args:
        threads: Of the network on the CPU.
        device: Where it runs.
    """
    filling: Any = torch.utils.deterministic
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        filling.fill_uninitialized_memory,
    )
    _set(threads=threads, is_deterministic=device.type == "cpu", is_filled=False)  # filling costs 6 % of the time
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        _set(threads=before[0], is_deterministic=before[1], is_filled=before[2])


def seed_weights(seed: int) -> None:
    """Start torch's generators for the initial weights: the same in all processes."""
    torch.manual_seed(seed)


def seed_step(seed: int, *, step: int, rank: int) -> None:
    """Start torch's generators for one step (dropout and the like), so that none has to be stored for resuming.

    Args:
        seed: Of the recipe.
        step: From 0.
        rank: Processes draw different numbers.
    """
    words = np.random.SeedSequence(seed, spawn_key=(step, rank)).generate_state(1, np.uint64)
    torch.manual_seed(int(words[0] >> 1))


def _set(*, threads: int, is_deterministic: bool, is_filled: bool) -> None:
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(is_deterministic)
    filling: Any = torch.utils.deterministic
    filling.fill_uninitialized_memory = is_filled
