"""What is there, what is missing, and what to do about it."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from reid_app.errors import ReidError
from reid_app.pipelines.models import list_models
from reid_app.pipelines.parts import describe_detector, describe_encoder, open_catalog, open_encoder, open_gallery
from reid_app.settings import Settings

_SCARCE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "missing", "bad"]
    """``missing`` costs something and is no error; ``bad`` has to be mended."""
    detail: str
    """What was found and, unless it is ok, what to do."""


def examine(settings: Settings) -> list[Finding]:
    """Look at decoders, models, disk, catalog, gallery and FAISS; nothing is changed but a missing catalog is made."""
    findings = [*_decoders(), *_faiss(), *_models(settings), _disk(settings)]
    findings.append(_tried("detector", lambda: str(describe_detector(settings))))
    findings.append(_tried("encoder", lambda: str(describe_encoder(settings))))
    findings.append(_tried("catalog", lambda: _catalog(settings)))
    findings.append(_tried("gallery", lambda: _gallery(settings)))
    return findings


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _decoders() -> Iterator[Finding]:
    for module, without in (
        ("av", "files are opened by it: pip install av"),
        ("decord", "PyAV decodes instead, more slowly: pip install decord (Linux x86-64 only)"),
        ("cv2", "nothing works without it: pip install opencv-python"),
    ):
        distribution = {"cv2": "opencv-python"}.get(module, module)
        if importlib.util.find_spec(module) is not None:
            yield Finding(what=f"decoder {module}", state="ok", detail=f"version {_installed(distribution)}")
        else:
            yield Finding(what=f"decoder {module}", state="missing" if module == "decord" else "bad", detail=without)


def _faiss() -> Iterator[Finding]:
    present = {name: found for name in ("faiss-cpu", "faiss-gpu") if (found := _installed(name))}
    named = ", ".join(f"{name} {found}" for name, found in present.items())
    if len(present) > 1:
        detail = f"{named} share one folder and the last installed wins: uninstall both, then install one of them"
        yield Finding(what="faiss", state="bad", detail=detail)
    elif present:
        yield Finding(what="faiss", state="ok", detail=named)
    else:
        yield Finding(what="faiss", state="bad", detail="not installed: pip install '.[cpu]' or '.[gpu]'")


def _models(settings: Settings) -> Iterator[Finding]:
    for model in list_models(settings):
        state: Literal["ok", "missing", "bad"] = "bad" if model.damage else "ok" if model.path else "missing"
        yield Finding(what=f"model {model.known.name}", state=state, detail=model.state)


def _disk(settings: Settings) -> Finding:
    folder = _existing(settings.data_dir)
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free for {settings.data_dir}"
    if free < _SCARCE_BYTES:
        return Finding(what="disk", state="bad", detail=f"{detail}: free some space before it is full")
    return Finding(what="disk", state="ok", detail=detail)


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, state="ok", detail=look())
    except ReidError as error:
        return Finding(what=what, state="bad", detail=str(error))


def _catalog(settings: Settings) -> str:
    with open_catalog(settings) as catalog:
        return f"{catalog.tracklets.count()} tracklets, last change {catalog.changes.last_number()}"


def _gallery(settings: Settings) -> str:
    with open_catalog(settings) as catalog:
        encoder = open_encoder(settings)
        gallery = open_gallery(settings, catalog=catalog, encoder=encoder)
        waiting = catalog.tracklets.count() - len(gallery)
        todo = f"; {waiting} tracklets wait for `reid index`" if waiting > 0 else ""
        return f"{len(gallery)} rows of model {encoder.model_id}{todo}"
