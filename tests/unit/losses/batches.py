"""Batches for the tests of losses."""

import math
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    embeddings: Tensor
    pids: Tensor
    probability: Tensor


def random_batch(
    num_rows: int, *, num_pids: int, dimension: int = 8, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        torch.randn(num_rows, dimension, generator=generator, dtype=dtype),
        torch.randint(num_pids, (num_rows,), generator=generator),
        torch.rand(num_rows, generator=generator, dtype=dtype).clamp_min(0.01),
    )


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Two to twelve rows in general position, of one to four identities."""
    return random_batch(
        draw(st.integers(2, 12)),
        num_pids=draw(st.integers(1, 4)),
        dimension=draw(st.integers(2, 6)),
        seed=draw(st.integers(0, 2**31)),
    )


def at_angles(*degrees: float, dtype: torch.dtype = torch.float64) -> Tensor:
    """Unit vectors in the plane; two of them are ``2 sin(angle / 2)`` apart."""
    return torch.tensor([[math.cos(math.radians(a)), math.sin(math.radians(a))] for a in degrees], dtype=dtype)


def value_and_gradient(loss: torch.nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    embeddings = batch.embeddings.clone().requires_grad_()
    value = loss(embeddings, pids_B=batch.pids, own_class_probability_B=batch.probability)
    (gradient,) = torch.autograd.grad(value, embeddings)
    return value.detach(), gradient
