"""Settings of the catalog."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class CatalogConfig(BaseModel):
    """Where the catalog lies and how long a writer waits for another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = Field(
        default=None,
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE; nothing means catalog.sqlite3 in the "
        "data folder. SQLite means one machine and a local disk.",
    )
    busy_timeout_s: float = Field(
        default=30.0, gt=0.0, le=3600.0, description="Seconds that a writer waits for another writer to commit."
    )
