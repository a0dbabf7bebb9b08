import shutil
from pathlib import Path

import pytest

from tests.processes import Reid, environment


@pytest.fixture
def reid(tmp_path: Path) -> Reid:
    """The command on an empty data folder, without models."""
    return Reid(environment=environment(tmp_path / "data"))


@pytest.fixture
def reid_with_models(tmp_path: Path, models_dir: Path) -> Reid:
    """The command on an empty data folder, with YOLOX and OSNet."""
    return Reid(environment=with_models(tmp_path / "data", models_dir))


def with_models(data_dir: Path, models_dir: Path) -> dict[str, str]:
    return environment(data_dir, REID_MODELS_DIR=str(models_dir), REID_ENCODER__MODEL="osnet_x0_25_msmt17")


@pytest.fixture(scope="session")
def real_video(test_data_dir: Path) -> Path:
    return test_data_dir / "videos" / "one-by-one-person-detection.mp4"


@pytest.fixture(scope="session")
def sample_videos() -> tuple[Path, Path]:
    folder = Path(__file__).resolve().parents[2] / "deploy" / "sample"
    return folder / "c001.mp4", folder / "c002.mp4"


@pytest.fixture(scope="session")
def ingested_once(tmp_path_factory: pytest.TempPathFactory, models_dir: Path, real_video: Path) -> Path:
    """A data folder with the real video ingested by YOLOX; copy it, do not change it."""
    folder = tmp_path_factory.mktemp("ingested") / "data"
    done = Reid(environment=with_models(folder, models_dir)).run("ingest", str(real_video), "--camera", "cam1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def reid_ingested(ingested_once: Path, tmp_path: Path, models_dir: Path) -> Reid:
    """The command on a copy of the folder with the real video."""
    shutil.copytree(ingested_once, tmp_path / "data")
    return Reid(environment=with_models(tmp_path / "data", models_dir))
