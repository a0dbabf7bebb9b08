"""The app factory: what every HTTP service has in common, around the routes that it brings."""

import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from services.http.auth import KeyVerifier, Scope, public, require
from services.http.edge import Edge, RequestMetrics
from services.http.limits import Limits
from services.http.problems import MEDIA_TYPE, Problem, install_problem_handlers, without_paths

Check = Callable[[], str | None]
"""Why a part is not ready, or None when it is."""

_DOCS_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)
_DOCS_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
"""Of Swagger UI, which comes with the package `fastapi_offline`: the page needs nothing from elsewhere."""

_log = structlog.get_logger(__name__)


def create_app(
    *,
    title: str,
    version: str,
    description: str,
    routers: Sequence[APIRouter],
    keys: KeyVerifier,
    limits: Limits,
    checks: Mapping[str, Check],
) -> FastAPI:
    """An app with problems, keys, request ids, metrics, logs, and the routes that all services share.

    Args:
        title: Heads the API's documentation.
        version: Of the API.
        description: Markdown for the documentation.
        routers: The service's own routes, with their whole paths. Each route depends on `require(scope)` or `public`.
        keys: The stored keys, asked at every request.
        limits: Published at `/v1/limits`.
        checks: What `/readyz` asks, by name.

    Returns:
        The app. Further metrics of the service belong into `app.state.registry`.
    """
    app = FastAPI(
        title=title, version=version, description=description, openapi_url=None, docs_url=None, redoc_url=None
    )
    registry = CollectorRegistry()
    app.state.keys, app.state.registry, app.state.stopping = keys, registry, threading.Event()
    app.add_middleware(Edge, max_body_bytes=limits.max_body_bytes, metrics=RequestMetrics(registry))
    install_problem_handlers(app)
    app.include_router(_operations(limits=limits, checks=checks))
    for router in routers:
        app.include_router(router)
    app.include_router(_documentation(app))
    return app


def _operations(*, limits: Limits, checks: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", dependencies=[Depends(public)])
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    @router.get("/readyz", dependencies=[Depends(public)])
    def readyz() -> dict[str, str]:
        """Whether everything that this service needs is there."""
        failing = {name: reason for name, check in checks.items() if (reason := _reason(name, check)) is not None}
        if failing:
            raise HTTPException(503, "; ".join(f"{name}: {reason}" for name, reason in failing.items()))
        return dict.fromkeys(checks, "ok")

    @router.get("/metrics", dependencies=[Depends(require(Scope.READ))], response_class=Response)
    def metrics(request: Request) -> Response:
        """Metrics for Prometheus, which sends a key by `authorization: credentials_file`."""
        return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/v1/limits", dependencies=[Depends(require(Scope.READ))], response_model=type(limits))
    def published_limits() -> Limits:
        """What clients may send."""
        return limits

    return router


def _documentation(app: FastAPI) -> APIRouter:
    # Routes of our own instead of FastAPI's, so that no route of the app is without a declared scope. They are public:
    # a browser cannot send a key when it opens a page, and the description says nothing about the site.
    router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

    @router.get("/openapi.json")
    def openapi() -> dict[str, Any]:
        """The description of the API."""
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    @router.get("/docs", response_class=Response)
    def docs() -> Response:
        """The description of the API, to read and to try out."""
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url="docs/swagger-ui-bundle.js",
            swagger_css_url="docs/swagger-ui.css",
            swagger_favicon_url="docs/favicon.png",
        )
        page.headers["Content-Security-Policy"] = _DOCS_POLICY
        return page

    @router.get("/docs/{name}", response_class=Response)
    def docs_file(name: str) -> Response:
        """A file of the documentation's page."""
        if name not in _DOCS_FILES:
            raise HTTPException(404)
        content = (files("fastapi_offline") / "static" / name).read_bytes()
        return Response(content, media_type=_DOCS_FILES[name], headers={"Cache-Control": "public, max-age=86400"})

    return router


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components.update(problem.pop("$defs", {}), Problem=problem)
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["summary"] = operation.get("description", operation["summary"]).splitlines()[0].rstrip(".")
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "What went wrong.", "content": content}
    return schema


def _reason(name: str, check: Check) -> str | None:
    try:
        reason = check()
    except Exception:
        _log.exception("check_failed", check=name)
        return "the check itself failed"
    return None if reason is None else without_paths(reason)
