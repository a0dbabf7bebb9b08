"""All settings: defaults < YAML file < ``REID_*`` environment < arguments. A misspelled key anywhere is an error."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from reid_app.catalog.config import CatalogConfig
from reid_app.errors import SettingsError
from reid_app.gallery.config import GalleryConfig
from reid_app.model.config import EncoderConfig
from reid_app.pipelines.config import IndexConfig, IngestConfig, QueryConfig
from reid_app.tracking.config import AssociationConfig, BuilderConfig, DetectionConfig
from reid_app.video.config import VideoConfig

CONFIG_VARIABLE = "REID_CONFIG"
_PREFIX = "REID_"


class JobsConfig(BaseModel):
    """Where durable jobs are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = Field(
        None, description="postgresql://… of the job store; null is jobs.sqlite3 in the data folder"
    )


class HttpConfig(BaseModel):
    """Where the services listen, and what they accept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; any other than loopback needs a key first")
    port: int = Field(8700, ge=1, le=65535, description="TCP port")
    max_body_bytes: int = Field(2**20, ge=2**10, description="Largest request that is no upload")
    max_upload_bytes: int = Field(8 * 2**30, ge=2**10, description="Largest upload, all files of a request together")
    max_upload_files: int = Field(64, ge=1, le=1000, description="Most files in one upload")
    min_free_bytes: int = Field(2**30, ge=0, description="Uploads that would leave less disk space are refused")


class Settings(BaseSettings):
    """Every setting of every part."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_parse_none_str="null",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Field(Path("data"), description="Holds everything that lasts")
    models_dir: Path | None = Field(None, description="Where model files are looked for first")
    catalog: CatalogConfig = CatalogConfig()
    jobs: JobsConfig = JobsConfig()
    video: VideoConfig = VideoConfig()
    detection: DetectionConfig = DetectionConfig()
    association: AssociationConfig = AssociationConfig()
    builder: BuilderConfig = BuilderConfig()
    ingest: IngestConfig = IngestConfig()
    encoder: EncoderConfig = EncoderConfig()
    gallery: GalleryConfig = GalleryConfig()
    index: IndexConfig = IndexConfig()
    query: QueryConfig = QueryConfig()
    http: HttpConfig = HttpConfig()

    @property
    def tracklets_dir(self) -> Path:
        """The crop store."""
        return self.data_dir / "tracklets"

    @property
    def gallery_dir(self) -> Path:
        """Snapshots, one folder a model."""
        return self.data_dir / "gallery"

    @property
    def features_dir(self) -> Path:
        """Embeddings of evaluated data sets, one folder a model; may be deleted at any time."""
        return self.data_dir / "features"

    @property
    def uploads_dir(self) -> Path:
        """Uploaded files until their job is done."""
        return self.data_dir / "uploads"

    @property
    def locks_dir(self) -> Path:
        """Lock files."""
        return self.data_dir / "locks"

    @property
    def catalog_location(self) -> str:
        """URL of the catalog."""
        url = self.catalog.url
        return url.get_secret_value() if url else f"sqlite:///{self.data_dir / 'catalog.sqlite3'}"

    @property
    def jobs_location(self) -> str:
        """URL of the job store."""
        url = self.jobs.url
        return url.get_secret_value() if url else f"sqlite:///{self.data_dir / 'jobs.sqlite3'}"


def load_settings(config_file: Path | None = None, *, arguments: Mapping[str, Any] | None = None) -> Settings:
    """Read all sources of settings.

    Args:
        config_file: A YAML file; without one, the file that ``REID_CONFIG`` names, if any.
        arguments: Values from the command line by dotted key, such as ``{"detection.kind": "motion"}``;
            those that are ``None`` were not given.

    Raises:
        SettingsError: A key is misspelled, a value is out of range, or the file is missing or not YAML.
            The message names the key, where it came from, and what is allowed.
    """
    file = config_file or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if file is not None:
        _check_yaml(file)
    _check_environment()

    class _Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            if file is None:
                return init_settings, env_settings
            return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=file)

    try:
        return _Sourced(**_nested(arguments or {}))
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(detail, file=file) for detail in error.errors())) from error


def _nested(arguments: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for dotted, value in arguments.items():
        if value is None:
            continue
        *groups, last = dotted.split(".")
        place = values
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return values


def _check_yaml(file: Path) -> None:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"the settings file {file} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"the settings file {file} cannot be read: {error}") from error
    if not isinstance(content, dict | None):
        raise SettingsError(f"the settings file {file} must hold keys and values, it holds a {type(content).__name__}")


def _check_environment() -> None:
    known = {CONFIG_VARIABLE, *(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)}
    for variable in sorted(os.environ):
        if variable.startswith(_PREFIX) and variable.upper().split("__")[0] not in known:
            raise SettingsError(
                f"the environment variable {variable} is not a setting; known are {', '.join(sorted(known))} "
                "and their keys after two underscores"
            )


def _explain(detail: Mapping[str, Any], *, file: Path | None) -> str:
    parts = [str(part) for part in detail["loc"]]
    variable = f"{_PREFIX}{'__'.join(parts).upper()}"
    origin = f" (environment variable {variable})" if variable in os.environ else f" (or {file})" if file else ""
    if detail["type"] == "extra_forbidden":
        return f"there is no setting {'.'.join(parts)}{origin}: see configs/default.yaml for every key"
    return f"the setting {'.'.join(parts)} is {detail['input']!r}{origin}: {detail['msg']}"
