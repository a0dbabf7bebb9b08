from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from reid_app.catalog.catalog import Catalog
from tests.postgres import PostgresCluster
from tests.postgres import postgres_cluster as postgres_cluster
from tests.postgres import postgres_url as postgres_url


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: PostgresCluster) -> str:
    """Name of a database with the catalog's tables, to be copied."""
    url = postgres_cluster.new_database()
    Catalog.open(url).close()
    return str(sa.make_url(url).database)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/catalog.sqlite3"
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A catalog with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/catalog.sqlite3"
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    return cluster.new_database(template=request.getfixturevalue("postgres_template"))


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    with Catalog.open(url) as opened:
        yield opened


@pytest.fixture
def sql(url: str, catalog: Catalog) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """Asks the database behind the catalog's back."""
    engine = sa.create_engine(url)

    def run(statement: str) -> list[tuple[object, ...]]:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    yield run
    engine.dispose()
