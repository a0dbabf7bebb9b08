"""Recipes on disk: a YAML file, changed by ``key=value``. A misspelled key anywhere is an error that knows better."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reid_app.errors import SettingsError
from reid_app.training.config import Recipe


def load_recipe(path: Path, *, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: YAML file.
        changes: Such as ``model.backbone=osnet_x0_25`` or ``schedule={kind: cosine}``; values are YAML. A mapping
            takes the place of the file's.

    Raises:
        SettingsError: The file cannot be read, or a key or value does not fit; the message names it.
    """
    values = _read(path)
    for change in changes:
        _apply(change, values)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
        raise SettingsError(f"recipe {path}: " + "; ".join(_say(problem) for problem in found)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"there is no recipe {path}: see configs/train/") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"the recipe {path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"the recipe {path} must hold keys and values, it holds a {type(values).__name__}")
    return values


def _apply(change: str, values: dict[str, Any]) -> None:
    key, is_given, text = change.partition("=")
    if not key or not is_given:
        raise SettingsError(f"--set {change} must be key=value, such as seed=1 or model.backbone=resnet50")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"--set {change}: the value is not YAML: {error}") from error
    *groups, last = key.split(".")
    place = values
    for group in groups:
        inner = place.get(group)
        place[group] = place = dict(inner) if isinstance(inner, dict) else {}
    place[last] = value


def _say(problem: ErrorDetails) -> str:
    keys, allowed = _follow(problem["loc"])
    key = ".".join(keys)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(keys[-1], allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"allowed are {', '.join(allowed)}"
        return f"key {key}: there is no such key; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    is_single_value = isinstance(problem["input"], str | int | float) and problem["type"] != "value_error"
    return f"key {key}: {message}" + (f", got {problem['input']!r}" if is_single_value else "")


def _follow(location: Sequence[int | str]) -> tuple[list[str], tuple[str, ...]]:
    """The keys of a place, and those that are allowed beside its last. The kinds of a union stand in no file."""
    keys: list[str] = []
    models: tuple[type[BaseModel], ...] = (Recipe,)
    allowed: tuple[str, ...] = ()
    for part in location:
        kinds = tuple(model for model in models if "kind" in model.model_fields and part in _kinds_of(model))
        if len(models) > 1 and kinds:
            models = kinds
            continue
        keys.append(str(part))
        allowed = tuple(dict.fromkeys(name for model in models for name in model.model_fields))
        models = tuple(
            inner for model in models if part in model.model_fields for inner in _models_of(model, str(part))
        )
    return keys, allowed


def _kinds_of(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation)


def _models_of(model: type[BaseModel], name: str) -> tuple[type[BaseModel], ...]:
    annotation = model.model_fields[name].annotation
    candidates = (annotation, *get_args(annotation))
    return tuple(found for found in candidates if isinstance(found, type) and issubclass(found, BaseModel))
