"""The child process that opens other people's torch checkpoints: ``python -m reid_app.model.foreign SOURCE TARGET``.

A torch checkpoint is a pickle. torch's restricted reader builds tensors and plain containers only; what it may still do
(crash, eat memory, never end) ends with this process. All that comes out is a safetensors file.
"""

import pickle
import re
import resource
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

MEMORY_BYTES = 16 * 2**30
CPU_S = 120
"""Limits of the process; its address space includes torch's libraries."""

_KEYS = ("state_dict", "model_state_dict", "model", "net")
_WRAPPER = "module."


def find_tensors(content: object) -> dict[str, "Tensor"]:
    """The named tensors of a checkpoint: at the top, or under one of the usual keys; without ``module.`` in front.

    Raises:
        ValueError: There are none.
    """
    from torch import Tensor

    for candidate in (content, *(content.get(key) for key in _KEYS if isinstance(content, Mapping))):
        if isinstance(candidate, Mapping):
            found = {str(name): value for name, value in candidate.items() if isinstance(value, Tensor)}
            if found:
                return {name.removeprefix(_WRAPPER): tensor for name, tensor in found.items()}
    raise ValueError(f"it holds no named tensors, neither at the top nor under {', '.join(_KEYS)}")


def main(source: str, target: str) -> None:
    """Read one file and write the other; an error is one line on standard error and exit code 1."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    import torch
    from safetensors.torch import save_file

    try:
        content = torch.load(source, map_location="cpu", weights_only=True)
        tensors = find_tensors(content)
    except pickle.UnpicklingError as error:
        # torch's advice before this mark is to switch its protection off.
        _, _, reason = str(error).partition("WeightsUnpickler error: ")
        reason = re.split(r"\. | Check ", " ".join(reason.split()))[0]
        sys.exit(f"it holds more than tensors and plain values ({reason or 'and is no zip file of torch'})")
    except Exception as error:  # whatever a hostile file brings torch to raise
        sys.exit(f"{type(error).__name__}: {(str(error).splitlines() or ['no reason given'])[0]}")
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
