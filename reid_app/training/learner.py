"""Everything that changes from step to step: the weights, their moving average, and the optimiser's memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from reid_app.data.clips import ClipBatch
from reid_app.errors import SettingsError
from reid_app.model.embedder import TrackletEmbedder
from reid_app.training.config import Recipe
from reid_app.training.optimiser import make_optimiser
from reid_app.training.processes import Processes
from reid_app.training.step import TrainingStep

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """What one step saw."""

    total: Tensor
    """The loss."""
    terms: dict[str, Tensor]
    """What it is made of, unweighted."""
    gradient_norm: Tensor
    """Length of the gradient before it was shortened."""
    is_finite: bool
    """False if the weights are spoilt now."""


class Learner:
    """Takes steps; its state can be stored and restored.

    Several processes take each step together: `DistributedDataParallel` averages their gradients, and the losses see
    the pairs of all. Batch normalisation: on GPUs its statistics span all processes too (`SyncBatchNorm`); on CPUs,
    where torch has no such thing, each process normalises by its own part of the batch, and the running statistics of
    the first are kept.

    Args:
        step: The network and its objective, with the same weights in all processes.
        recipe: Optimiser, precision, averaging.
        processes: This one and its companions.

    Raises:
        SettingsError: float16 was asked for without a GPU.
    """

    def __init__(self, step: TrainingStep, *, recipe: Recipe, processes: Processes) -> None:
        if recipe.precision == "float16" and processes.device.type == "cpu":
            raise SettingsError("precision float16 needs a GPU: use bfloat16 or float32")
        self._recipe = recipe
        self._device = processes.device
        self._step = _prepared(step, recipe=recipe, processes=processes)
        self._forward = self._step if processes.count == 1 else DistributedDataParallel(self._step)
        self._parameters = [parameter for parameter in self._step.parameters() if parameter.requires_grad]
        self._optimiser = make_optimiser(self._parameters, recipe.optimiser)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=recipe.precision == "float16")
        self._average = None if recipe.average_decay is None else _average(self._step, decay=recipe.average_decay)

    @property
    def model(self) -> TrackletEmbedder:
        """The network to validate and to keep: the moving average where there is one."""
        return self._step.model if self._average is None else cast(TrackletEmbedder, self._average.module)

    def learn(self, batch: ClipBatch, *, learning_rate: float) -> Learned:
        """Take one step."""
        self._step.train()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.zero_grad()
        dtype = _DTYPES[self._recipe.precision]
        with torch.autocast(self._device.type, dtype=dtype, enabled=dtype != torch.float32):
            found = self._forward(batch)
        self._scaler.scale(found.total).backward()
        self._scaler.unscale_(self._optimiser)
        limit = self._recipe.max_gradient_norm or torch.inf
        gradient_norm = nn.utils.clip_grad_norm_(self._parameters, limit)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        if self._average is not None:
            self._average.update_parameters(self._step.model)
        checked = found.total if self._scaler.is_enabled() else found.total + gradient_norm
        return Learned(
            total=found.total.detach(),
            terms=found.terms,
            gradient_norm=gradient_norm,
            is_finite=bool(checked.isfinite()),
        )

    def state(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, by name."""
        tensors = {f"step.{name}": tensor for name, tensor in self._step.state_dict().items()}
        if self._average is not None:
            tensors |= {f"average.{name}": tensor for name, tensor in self._average.state_dict().items()}
        for index, memory in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in memory.items() if value is not None}
        tensors |= {f"scaler.{name}": torch.tensor(value) for name, value in self._scaler.state_dict().items()}
        return tensors

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to a state.

        Raises:
            RuntimeError: It is not the state of such a network.
        """
        self._step.load_state_dict(_under("step.", tensors))
        if self._average is not None:
            self._average.load_state_dict(_under("average.", tensors))
        memories: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", tensors).items():
            index, _, what = name.partition(".")
            laid_out = torch.empty_like(self._parameters[int(index)]).copy_(value) if value.ndim else value
            memories.setdefault(int(index), {})[what] = laid_out
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": memories})
        if self._scaler.is_enabled():
            self._scaler.load_state_dict({name: value.item() for name, value in _under("scaler.", tensors).items()})


def _prepared(step: TrainingStep, *, recipe: Recipe, processes: Processes) -> TrainingStep:
    """On its device, in the clips' memory layout, with shared statistics where that can be, compiled if wished."""
    if processes.count > 1 and processes.device.type == "cuda":
        step = nn.SyncBatchNorm.convert_sync_batchnorm(step)  # type: ignore[no-untyped-call]
    step = step.to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if recipe.compile:
        step.model.backbone.compile()
    return step


def _average(step: TrainingStep, *, decay: float) -> AveragedModel:
    return AveragedModel(step.model, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
