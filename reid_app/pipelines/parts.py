"""Where concrete parts are chosen and wired; nobody else decides which detector, encoder or store is used."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from reid_app.catalog.catalog import Catalog
from reid_app.errors import ModelMissingError
from reid_app.gallery.gallery import Gallery
from reid_app.model.encoders import make_encoder
from reid_app.model.export_card import with_carded_models
from reid_app.model.known import RESERVED_NAME as COLOUR
from reid_app.model.known import KnownModel, load_known_models
from reid_app.model.places import ModelPlaces, resolve_model
from reid_app.settings import Settings
from reid_app.tracking.association import DetectAndAssociate
from reid_app.tracking.detectors.motion import MotionDetector
from reid_app.tracking.detectors.yolox import YoloxDetector
from reid_app.tracking.mot_file import TracksFromFile, read_mot_file
from reid_app.tracklets.parts import Detector, Encoder, TrackSource
from reid_app.tracklets.store import CropStore


def configs_dir() -> Path:
    """The folder ``configs/``: inside the package when installed as a wheel, beside it in a checkout."""
    packaged = Path(str(files("reid_app"))) / "configs"
    return packaged if packaged.is_dir() else packaged.parent.parent / "configs"


def model_places(settings: Settings) -> ModelPlaces:
    """Where model files are looked for."""
    return ModelPlaces(models_dir=settings.models_dir, data_dir=settings.data_dir)


def known_models(settings: Settings) -> tuple[KnownModel, ...]:
    """The models of ``configs/models.yaml``, and the exported ones that lie with a card where models are looked for.

    Raises:
        ModelInvalidError: A card is damaged.
        SettingsError: Two different models have one name.
    """
    listed = load_known_models(configs_dir() / "models.yaml")
    return with_carded_models(listed, folders=model_places(settings).folders())


def open_catalog(settings: Settings) -> Catalog:
    """The catalog, migrated to this version."""
    return Catalog.open(settings.catalog_location, busy_timeout_s=settings.catalog.busy_timeout_s)


def open_store(settings: Settings) -> CropStore:
    """The crop store."""
    return CropStore(settings.tracklets_dir, jpeg_quality=settings.ingest.jpeg_quality)


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name.

    Raises:
        ModelMissingError: Its file is nowhere.
        ModelInvalidError: Its file has the wrong checksum or shape.
    """
    return make_encoder(settings.encoder, known=known_models(settings), places=model_places(settings))


def open_gallery(settings: Settings, *, catalog: Catalog, encoder: Encoder) -> Gallery:
    """The gallery of the encoder's model, as new as the catalog."""
    return Gallery.open(
        settings.gallery_dir,
        catalog=catalog,
        model_id=encoder.model_id,
        dimension=encoder.dimension,
        config=settings.gallery,
    )


def open_detector(settings: Settings, *, threads: int) -> Detector:
    """The detector that the settings name; ``auto`` is YOLOX where its file is there, else motion.

    Args:
        settings: Say which.
        threads: For one frame.

    Raises:
        ModelMissingError: ``yolox`` was asked for and its file is nowhere.
    """
    config = settings.detection
    if config.kind == "motion":
        return MotionDetector(config)
    try:
        file = resolve_model(config.model, known=known_models(settings), places=model_places(settings))
    except ModelMissingError:
        if config.kind == "auto":
            return MotionDetector(config)
        raise
    return YoloxDetector(file.path, sha256=file.sha256, config=config, threads=threads)


def open_track_source(settings: Settings, *, fps: float, stride: int, tracks_path: Path | None = None) -> TrackSource:
    """A detector with an associator, or the given file of tracks.

    Args:
        settings: Say which detector.
        fps: Frames a second of the video; 0 where they cannot be told, as with a single frame: then any rate will do.
        stride: Every how many frames the source will be given one.
        tracks_path: A MOT-challenge text file; no detector is then needed.
    """
    if tracks_path is not None:
        return TracksFromFile(read_mot_file(tracks_path))
    return DetectAndAssociate(open_detector(settings, threads=1), settings.association, frame_rate=fps / stride or 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A part in words, for people."""

    name: str
    better: str | None
    """What a better part would need; None when there is nothing to gain."""

    def __str__(self) -> str:
        return f"{self.name}; {self.better}" if self.better else self.name


def describe_detector(settings: Settings) -> Description:
    """Which detector will be used, and what a better one needs.

    Raises:
        ModelMissingError: ``yolox`` was asked for and its file is nowhere.
    """
    config = settings.detection
    motion = "motion detector (background subtraction, for fixed cameras)"
    if config.kind == "motion":
        return Description(name=motion, better=None)
    try:
        file = resolve_model(config.model, known=known_models(settings), places=model_places(settings))
    except ModelMissingError:
        if config.kind == "yolox":
            raise
        hint = f"the {config.model} detector finds people better: reid models pull {config.model}"
        return Description(name=motion, better=hint)
    return Description(name=f"{file.path.stem} detector", better=None)


def describe_encoder(settings: Settings) -> Description:
    """Which encoder will be used, and what a better one needs."""
    config = settings.encoder
    if config.model != COLOUR:
        return Description(
            name=f"{Path(config.model).stem} encoder, {config.pooling or 'its own'} pooling", better=None
        )
    embedding = [model.name for model in known_models(settings) if model.task == "embedding"]
    hint = f"a network ranks people far better: REID_ENCODER__MODEL={' or '.join(embedding)}, see reid models list"
    return Description(name=f"colour histogram encoder, {config.pooling or 'mean'} pooling", better=hint)
