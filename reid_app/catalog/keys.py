"""API keys: shown once, stored as a hash."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from reid_app.catalog.database import Database
from reid_app.catalog.names import checked_name
from reid_app.catalog.rows import KeyRow, NewKey, Scope
from reid_app.catalog.tables import keys
from reid_app.catalog.times import utc_now
from reid_app.errors import ConflictError, InputError, NotFoundError

_PREFIX = "reid"
_NUM_SECRET_BYTES = 32
_MAX_SECRET_LENGTH = 200


class Keys:
    """Makes, checks and revokes keys.

    A secret has 256 random bits, so nobody can try them all: a plain SHA-256 is enough, and as fast as each request
    needs it. (Slow password hashes are for secrets that people choose.)
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, scopes: Collection[Scope]) -> NewKey:
        """Make a key.

        Args:
            name: For people; a name is used once only, so that a record of who did what stays clear.
            scopes: What it allows, at least one.

        Raises:
            ConflictError: A key, perhaps a revoked one, has that name.
            InputError: The name cannot be used, or there is no scope.
        """
        name = checked_name("key name", name)
        if not scopes:
            raise InputError(f"the key {name!r} needs at least one scope: {', '.join(Scope)}")
        key_id = secrets.token_hex(8)
        secret = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(_NUM_SECRET_BYTES)}"
        key = KeyRow(
            key_id=key_id,
            name=name,
            scopes=frozenset(Scope(scope) for scope in scopes),
            created_at=utc_now(),
            revoked_at=None,
        )
        with self._database.write() as connection:
            if connection.execute(sa.select(keys.c.key_id).where(keys.c.name == name)).one_or_none() is not None:
                raise ConflictError(f"a key is named {name!r} already (perhaps a revoked one): choose another name")
            connection.execute(
                sa.insert(keys).values(
                    key_id=key_id,
                    name=name,
                    hash=_hash(secret),
                    scopes=sorted(key.scopes),
                    created_at=key.created_at,
                    revoked_at=None,
                )
            )
        return NewKey(key=key, secret=secret)

    def verify(self, secret: str) -> KeyRow | None:
        """The key that a secret belongs to; nothing for a wrong or revoked one."""
        parts = secret.split("_", 2)
        if len(secret) > _MAX_SECRET_LENGTH or not secret.isascii() or not secret.isprintable():
            return None
        if len(parts) != 3 or parts[0] != _PREFIX:
            return None
        with self._database.read() as connection:
            row = connection.execute(sa.select(keys).where(keys.c.key_id == parts[1])).one_or_none()
        if row is None or not hmac.compare_digest(row.hash, _hash(secret)) or row.revoked_at is not None:
            return None
        return _to_key_row(row)

    def list(self) -> list[KeyRow]:
        """All keys, revoked ones too, oldest first."""
        with self._database.read() as connection:
            query = sa.select(keys).order_by(keys.c.created_at, keys.c.key_id)
            return [_to_key_row(row) for row in connection.execute(query)]

    def revoke(self, name: str) -> None:
        """Make a key useless from now on; a revoked one keeps its first date.

        Raises:
            NotFoundError: There is no key of that name.
        """
        with self._database.write() as connection:
            if connection.execute(sa.select(keys.c.key_id).where(keys.c.name == name)).one_or_none() is None:
                raise NotFoundError(f"there is no key named {name!r}: `reid keys list` shows them")
            connection.execute(
                sa.update(keys).where(keys.c.name == name, keys.c.revoked_at.is_(None)).values(revoked_at=utc_now())
            )

    def any(self) -> bool:
        """Whether a key was ever made. Revoking the last one must not open the door to those without a key."""
        with self._database.read() as connection:
            return connection.execute(sa.select(keys.c.key_id).limit(1)).one_or_none() is not None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _to_key_row(row: sa.Row[Any]) -> KeyRow:
    return KeyRow(
        key_id=row.key_id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
