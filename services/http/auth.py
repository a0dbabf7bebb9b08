"""Who may ask: keys with scopes, and the loopback rule for a service without keys.

A key is 32 random bytes, so trying keys out is hopeless at any rate of requests: nothing here slows it down.
"""

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from reid_app.catalog.rows import Scope as Scope
from reid_app.errors import SettingsError

PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""A request with one of these came through a proxy, whose own address says nothing about who asks."""

_MAX_SECRET_CHARS = 256
_BEARER = HTTPBearer(auto_error=False, description="A key made by `reid keys create`.")
_KEY_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key, for clients without Bearer.")


class KeyRow(Protocol):
    """A stored key, as far as this module looks at it."""

    @property
    def key_id(self) -> str: ...  # noqa: D102
    @property
    def scopes(self) -> Collection[str]: ...  # noqa: D102


class KeyVerifier(Protocol):
    """The stored keys."""

    def verify(self, secret: str) -> KeyRow | None:
        """The key with this secret, unless it is unknown or revoked."""

    def any(self) -> bool:
        """Whether a key exists; then nobody is let in without one."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    key_id: str
    """`local` for a request from this machine to a service without keys."""


class Require:
    """Dependency of every route: lets a request through whose key has the scope.

    As long as no key exists, exactly the requests that a browser or a program on this machine makes for itself pass.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        api_key: Annotated[str | None, Security(_KEY_HEADER)],
    ) -> Caller:
        """Who asks.

        Raises:
            HTTPException: 401 without a valid key, 403 with one that lacks the scope or without keys from elsewhere.
        """
        keys: KeyVerifier = request.app.state.keys
        secret = bearer.credentials if bearer else api_key
        caller = _local_caller(request, keys) if secret is None else self._key_holder(secret, keys)
        request.state.key_id = caller.key_id
        return caller

    def _key_holder(self, secret: str, keys: KeyVerifier) -> Caller:
        row = keys.verify(secret) if len(secret) <= _MAX_SECRET_CHARS else None
        if row is None:
            raise _unauthenticated("The key is unknown or revoked.")
        if self.scope not in row.scopes:
            raise HTTPException(403, f"The key {row.key_id} does not have the scope {self.scope.value}.")
        return Caller(row.key_id)


def require(scope: Scope) -> Require:
    """The dependency that asks for a scope: `Depends(require(Scope.READ))`."""
    return Require(scope)


def public() -> None:
    """The dependency of a route that everybody may ask. It must say nothing about the site."""


def unscoped_routes(app: FastAPI) -> list[str]:
    """The routes of an app that declare neither a scope nor that they are public.

    Returns:
        Such as ``["GET /v1/videos"]``. A test fails for any: what nobody protected is open.
    """
    found = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if not isinstance(dependant, Dependant) or not any(map(_declares_scope, _calls(dependant))):
            found.append(f"{','.join(sorted(route.methods or {'*'}))} {route.path}")
    return found


def check_bind(host: str, keys: KeyVerifier) -> None:
    """Refuse to listen for other machines while no key exists. Call it before `serve`.

    Raises:
        SettingsError: The host is not a loopback address and there is no key.
    """
    if not _is_loopback(host) and not keys.any():
        raise SettingsError(
            f"refusing to listen on {host!r} without a key, since everybody who reaches it could ask: make a key with "
            "`reid keys create NAME --scope read,write,admin`, or listen on 127.0.0.1"
        )


def _local_caller(request: Request, keys: KeyVerifier) -> Caller:
    if keys.any():
        raise _unauthenticated("Send a key as `Authorization: Bearer reid_...`.")
    why_not = _why_not_local(request.client.host if request.client else "", request.headers)
    if why_not:
        raise HTTPException(403, f"There is no key yet, so only this machine may ask, but {why_not}.")
    return Caller("local")


def _why_not_local(client: str, headers: Mapping[str, str]) -> str | None:
    if not _is_loopback(client):
        return "the request comes from another one"
    if proxy := next((name for name in PROXY_HEADERS if name in headers), None):
        return f"the request came through a proxy (it has the header {proxy})"
    # A page of another site can make a browser here send requests: under its own name by DNS rebinding (the Host
    # header tells), or across origins (the Origin header tells).
    host = headers.get("host", "")
    if not _is_loopback(_host_name(host)):
        return "the Host header does not name it"
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return "the request comes from a page of another origin"
    return None


def _host_name(host_and_port: str) -> str:
    try:
        return urlsplit(f"//{host_and_port}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _unauthenticated(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def _declares_scope(call: Callable[..., object] | None) -> bool:
    return isinstance(call, Require) or call is public


def _calls(dependant: Dependant) -> Iterator[Callable[..., object] | None]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)
