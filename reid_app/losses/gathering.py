"""Batches that are spread over processes: every process computes the loss of the whole batch.

Gradients. Each process ends with the same scalar, computed from the rows of all, but only its own rows lead back to its
copy of the network. `DistributedDataParallel` AVERAGES the gradients of the processes, where the gradient of the whole
batch is their sum. So both functions here multiply the gradient by the number of processes on the way back; nobody else
does, and the training loop must not. Backward needs no communication, as each process has computed the whole gradient.

Without `torch.distributed` both return what they are given. All processes must hand in equal shapes.
"""

from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor


def num_processes() -> int:
    """Processes that train together; 1 without `torch.distributed`."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def gather_rows(rows: Tensor) -> Tensor:
    """The rows of all processes, in order of rank, along the first axis."""
    return rows if num_processes() == 1 else cast(Tensor, _GatherRows.apply(rows))


def sum_processes(value: Tensor) -> Tensor:
    """The sum of a value over all processes."""
    return value if num_processes() == 1 else cast(Tensor, _SumProcesses.apply(value))


class _GatherRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.num_rows = len(rows)
        own = rows.contiguous()
        parts = [torch.empty_like(own) for _ in range(num_processes())]
        dist.all_gather(parts, own)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        own = gradients[0].narrow(0, dist.get_rank() * ctx.num_rows, ctx.num_rows)
        return own * num_processes()


class _SumProcesses(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0] * num_processes()
