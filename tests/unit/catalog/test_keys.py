from collections.abc import Callable

import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.catalog.rows import Scope
from reid_app.errors import ConflictError, InputError, NotFoundError

Sql = Callable[[str], list[tuple[object, ...]]]


def test_a_key_opens_with_its_secret_only(catalog: Catalog) -> None:
    assert not catalog.keys.any()
    new = catalog.keys.create("laptop", scopes=[Scope.READ, Scope.WRITE])
    other = catalog.keys.create("phone", scopes=[Scope.ADMIN])
    assert catalog.keys.any()
    assert catalog.keys.verify(new.secret) == new.key
    assert new.key.scopes == {"read", "write"}
    mixed = f"reid_{new.key.key_id}_{other.secret.split('_', 2)[2]}"
    for wrong in (
        mixed,
        new.secret[:-1],
        new.secret + "x",
        new.secret.upper(),
        "",
        "reid",
        "reid_",
        "reid__",
        "ü" * 60,
    ):
        assert catalog.keys.verify(wrong) is None, wrong
    for odd in (
        "reid_\x00_x",
        f"reid_{new.key.key_id}_" + "x" * 10_000_000,
        "\udc80",
        "reid_'; DROP TABLE keys;_x",
        new.secret[:-1] + "ü",
    ):
        assert catalog.keys.verify(odd) is None


def test_the_secret_is_nowhere_in_the_database_or_in_a_log(catalog: Catalog, sql: Sql) -> None:
    new = catalog.keys.create("laptop", scopes=[Scope.READ])
    assert new.secret.startswith(f"reid_{new.key.key_id}_")
    assert len(new.secret.split("_", 2)[2]) >= 43
    secret_part = new.secret.split("_", 2)[2]
    assert secret_part not in str(sql("SELECT * FROM keys"))
    assert secret_part not in repr(new)


def test_secrets_differ(catalog: Catalog) -> None:
    assert len({catalog.keys.create(f"key {number}", scopes=[Scope.READ]).secret for number in range(20)}) == 20


def test_a_revoked_key_opens_nothing_but_still_locks(catalog: Catalog) -> None:
    new = catalog.keys.create("laptop", scopes=[Scope.READ])
    catalog.keys.revoke("laptop")
    assert catalog.keys.verify(new.secret) is None
    (row,) = catalog.keys.list()
    assert row.revoked_at is not None
    catalog.keys.revoke("laptop")
    assert catalog.keys.list() == [row]
    assert catalog.keys.any()


def test_names_are_used_once(catalog: Catalog) -> None:
    catalog.keys.create("laptop", scopes=[Scope.READ])
    with pytest.raises(ConflictError, match="laptop"):
        catalog.keys.create("laptop", scopes=[Scope.ADMIN])
    catalog.keys.revoke("laptop")
    with pytest.raises(ConflictError, match="revoked"):
        catalog.keys.create("laptop", scopes=[Scope.ADMIN])


def test_what_cannot_be_a_key_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="scope"):
        catalog.keys.create("laptop", scopes=[])
    with pytest.raises(InputError, match="key name"):
        catalog.keys.create("\n", scopes=[Scope.READ])
    with pytest.raises(ValueError, match="root"):
        catalog.keys.create("laptop", scopes=["root"])
    with pytest.raises(NotFoundError, match="phone"):
        catalog.keys.revoke("phone")
    assert not catalog.keys.any()
