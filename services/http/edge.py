"""The outermost layer of an app: request ids, the body limit, security headers, access log, metrics, the last 500."""

import re
import time
import uuid
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.http.limits import BodyLimit
from services.http.problems import internal_problem, problem_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_CLOSED_REQUEST = 499
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Set on every response that does not set them itself (a page needs its own Content-Security-Policy)."""

_log = structlog.get_logger(__name__)


class RequestMetrics:
    """Prometheus metrics of one app, in a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route")
        self._requests = Counter("reid_http_requests", "Requests answered.", (*labels, "status"), registry=registry)
        self._seconds = Histogram("reid_http_request_seconds", "Time to answer.", labels, registry=registry)
        ProcessCollector(registry=registry)

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. The route is a template and the method a known one, so that labels stay few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Edge:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, metrics: RequestMetrics) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started_at, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                limited = BodyLimit(self._max_body_bytes).attach(scope, receive)
                await self._app(scope, limited, send_with_headers)
            except ClientDisconnect:
                status = status or _CLIENT_CLOSED_REQUEST
            except Exception:
                _log.exception("unhandled_error")
                if status:
                    raise  # too late for a problem: the broken connection must tell
                await problem_response(Request(scope), internal_problem())(scope, receive, send_with_headers)
            finally:
                self._record(scope, status=status or _CLIENT_CLOSED_REQUEST, seconds=time.perf_counter() - started_at)

    def _record(self, scope: Scope, *, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
        # No query string and no header: either may hold a key.
        _log.info(
            "request",
            method=method,
            path=scope["path"],
            status=status,
            seconds=round(seconds, 4),
            client=scope["client"][0] if scope.get("client") else None,
            key_id=scope["state"].get("key_id"),
        )


def _request_id(scope: Scope) -> str:
    offered = Headers(scope=scope).get("x-request-id", "")
    return offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
