"""The list of known models: what a model file is, where it comes from, and what one may do with it."""

import difflib
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from reid_app.errors import SettingsError
from reid_app.model.config import Preprocess
from reid_app.model.head import Head

RESERVED_NAME = "colour"


class KnownModel(BaseModel):
    """One entry of ``configs/models.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="What users call it.")
    task: Literal["detection", "embedding"] = Field(description="What it is for.")
    filename: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$", description="Name of its file, no folder.")
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[!-~]+$",
        description="Where `reid models pull` gets it; null for a file that users bring themselves.",
    )
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Checksum of the file, lower-case hexadecimal.")
    num_bytes: int = Field(ge=1, strict=True, description="Size of the file.")
    licence: str = Field(min_length=1, description="What the licences of weights and training set allow.")
    note: str = Field(min_length=1, description="What it is, for people.")
    preprocess: Preprocess | None = Field(
        default=None, description="Input of an embedding model; a detector has its own."
    )
    head: Head = Field(default=Head(), description="What comes after the frame features of an embedding model.")
    source_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="Checkpoint that the file was exported from with proven parity; their embeddings may be compared.",
    )

    @model_validator(mode="after")
    def _check_task(self) -> Self:
        if (self.preprocess is None) == (self.task == "embedding"):
            needs = "needs the key preprocess" if self.task == "embedding" else "must not have the key preprocess"
            raise ValueError(f"a model for {self.task} {needs}")
        if self.name == RESERVED_NAME:
            raise ValueError(f"{RESERVED_NAME} is the encoder without a file; choose another name")
        return self


def load_known_models(path: Path) -> tuple[KnownModel, ...]:
    """Read the list of known models, a YAML mapping from name to entry.

    Returns:
        The entries in the order of the file.

    Raises:
        SettingsError: The file is missing or no such mapping, or an entry has a misspelled, missing or bad key. The
            message names file, entry and key.
    """
    content = _read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise SettingsError(f"{path} must map the names of models to their entries, got {type(content).__name__}")
    models = tuple(_parse_entry(name, entry, path=path) for name, entry in content.items())
    names_of_file: dict[str, str] = {}
    for model in models:
        other = names_of_file.setdefault(model.filename, model.name)
        if other != model.name:
            raise SettingsError(
                f"{path}: entry {model.name}, key filename: {model.filename} is the file of entry {other} too; "
                f"two models need two files"
            )
    return models


def _parse_entry(name: object, entry: object, *, path: Path) -> KnownModel:
    if not isinstance(entry, dict):
        raise SettingsError(f"{path}: entry {name} must be a mapping of keys, got {type(entry).__name__}")
    if "name" in entry:
        raise SettingsError(f"{path}: entry {name}, key name: the name stands before the entry already; remove the key")
    try:
        return KnownModel.model_validate({**entry, "name": name})
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
        problems = "; ".join(_say(problem) for problem in found)
        raise SettingsError(f"{path}: entry {name}, {problems}") from error


def _say(problem: ErrorDetails) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if not key:
        return problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        parts: dict[str, type[BaseModel]] = {"preprocess": Preprocess, "head": Head}
        allowed = parts.get(key.partition(".")[0], KnownModel).model_fields
        near = difflib.get_close_matches(key.rpartition(".")[2], allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"allowed are {', '.join(allowed)}"
        return f"key {key}: there is no such key; {hint}"
    return f"key {key}: {problem['msg']}"


class _StrictLoader(yaml.SafeLoader):
    """Plain YAML, in which a repeated key is an error and not silently the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            keys = [key.value for key, _ in node.value]
            repeated = next(key for key in keys if keys.count(key) > 1)
            raise yaml.MarkedYAMLError(problem=f"the key {repeated} stands twice", problem_mark=node.start_mark)
        return mapping


def _read_yaml(path: Path) -> object:
    try:
        loader = _StrictLoader(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"the list of known models {path} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"the list of known models {path} cannot be read: {error}") from error
    try:
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {error}") from error
    finally:
        loader.dispose()
