"""Putting weights into networks: all of them fit, or none is loaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from torch import Tensor, nn

from reid_app.errors import ModelInvalidError, ModelMissingError

TRUNK_PREFIX = "backbone.trunk."
"""Before the public names of a backbone's weights in our own checkpoints."""

_COUNTER = "num_batches_tracked"
_MOST_NAMED = 4


def read_model_file(path: Path) -> bytes:
    """The bytes of a model file.

    Raises:
        ModelMissingError: It does not exist.
        ModelInvalidError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelMissingError(f"model file {path} does not exist: check the path") from error
    except OSError as error:
        raise ModelInvalidError(f"model file {path} cannot be read: {error.strerror}") from error


def parse_weights(content: bytes, *, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises:
        ModelInvalidError: It is no safetensors file, or a damaged one.
    """
    try:
        return parse_safetensors(content)
    except SafetensorError as error:
        raise ModelInvalidError(
            f"{path} is no safetensors file ({error}): bring a torch checkpoint into this form by "
            f"`reid models convert {path} --architecture NAME --out FILE.safetensors`"
        ) from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file on disk.

    Raises:
        ModelMissingError: It does not exist.
        ModelInvalidError: It cannot be read, or is no safetensors file.
    """
    return parse_weights(read_model_file(path), path=path)


def load_trunk(trunk: nn.Module, *, tensors: Mapping[str, Tensor], path: Path, unused: Sequence[str]) -> None:
    """Start a backbone's trunk from the tensors of a file: public weights, or one of our own checkpoints.

    Args:
        trunk: Gets the weights.
        tensors: By name.
        path: Named in errors.
        unused: Beginnings of names that the trunk has no use for, such as a classifier's.

    Raises:
        ModelInvalidError: They do not fit. The message names the tensors.
    """
    if any(name.startswith(TRUNK_PREFIX) for name in tensors):
        ours = {name: tensor for name, tensor in tensors.items() if name.startswith(TRUNK_PREFIX)}
        tensors = {name.removeprefix(TRUNK_PREFIX): tensor for name, tensor in ours.items()}
    wanted = {name: tensor for name, tensor in tensors.items() if not name.startswith(tuple(unused))}
    fit_weights(trunk, tensors=wanted, path=path)


def fit_weights(module: nn.Module, *, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load tensors by name into a module that has exactly these names and shapes.

    Counters of batches, which old files lack and which nothing here reads, may be missing.

    Args:
        module: Gets the weights; untouched if one does not fit.
        tensors: By name.
        path: Named in errors.

    Raises:
        ModelInvalidError: A tensor is missing, not expected, or of another shape.
    """
    own = module.state_dict()
    missing = [name for name in own if name not in tensors and not name.endswith(_COUNTER)]
    unexpected = sorted(name for name in tensors if name not in own)
    reshaped = [
        f"{name} {tuple(tensors[name].shape)} in place of {tuple(tensor.shape)}"
        for name, tensor in own.items()
        if name in tensors and tensors[name].shape != tensor.shape
    ]
    found = (("missing", missing), ("not expected", unexpected), ("of another shape", reshaped))
    problems = [f"{what}: {_first(names)}" for what, names in found if names]
    if problems:
        raise ModelInvalidError(f"{path} does not fit {type(module).__name__}; {'; '.join(problems)}")
    module.load_state_dict({**own, **tensors})


def _first(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
