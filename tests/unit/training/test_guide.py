"""Painted people: a bright figure at a random place before dark noise, and the mask that says where."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from reid_app.cli.main import app
from reid_app.data.synthetic.dataset import MASKS
from reid_app.errors import CancelledError, InputError, ModelMissingError
from reid_app.tracklets.watch import Unwatched
from reid_app.training.guide import GuideReport, train_guide


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("people")
    random = np.random.default_rng(0)
    for identity in range(1, 41):
        place = root / f"{identity:05d}" / "c000" / "t00"
        place.mkdir(parents=True)
        masks = []
        for frame in range(2):
            mask = np.zeros((64, 32), np.uint8)
            top, left = random.integers(2, 24), random.integers(2, 14)
            mask[top : top + 36, left : left + 14] = 255
            noise = random.integers(0, 80, (128, 64, 3))
            figure = cv2.resize(mask, (64, 128))[..., None] > 127
            cv2.imwrite(str(place / f"{frame:03d}.jpg"), np.where(figure, noise + 150, noise).astype(np.uint8))
            masks.append(mask)
        np.save(place / MASKS, np.stack(masks))
    return root


def teach(people: Path, out: Path, *, models_dir: Path, steps: int = 60, watch: object = None) -> GuideReport:
    return train_guide(
        people,
        detector=models_dir / "yolox_nano.onnx",
        out=out,
        steps=steps,
        seed=0,
        watch=watch or Unwatched(),  # type: ignore[arg-type]
    )


def test_the_guide_learns_where_the_figure_is(people: Path, tmp_path: Path, models_dir: Path) -> None:
    report = teach(people, tmp_path / "guide.safetensors", models_dir=models_dir)
    assert report.num_tracklets == 38
    assert report.overlap > 0.75
    assert all(name.startswith("guide.") for name in load_file(tmp_path / "guide.safetensors"))


def test_the_same_seed_gives_the_same_guide(people: Path, tmp_path: Path, models_dir: Path) -> None:
    for name in ("one", "other"):
        teach(people, tmp_path / name, models_dir=models_dir, steps=10)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_stopped_teaching_writes_nothing(people: Path, tmp_path: Path, models_dir: Path) -> None:
    class Impatient(Unwatched):
        def check_cancelled(self) -> None:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        teach(people, tmp_path / "guide.safetensors", models_dir=models_dir, watch=Impatient())
    assert not list(tmp_path.iterdir())


def test_people_without_masks_are_named(people: Path, tmp_path: Path, models_dir: Path) -> None:
    place = tmp_path / "00001" / "c000" / "t00"
    place.mkdir(parents=True)
    (place / "000.jpg").write_bytes((people / "00001" / "c000" / "t00" / "000.jpg").read_bytes())
    with pytest.raises(InputError, match="holds one person only"):
        teach(tmp_path, tmp_path / "guide.safetensors", models_dir=models_dir)
    (tmp_path / "00001").rename(tmp_path / "00002")
    (tmp_path / "00001").symlink_to(people / "00001")
    with pytest.raises(InputError, match=r"masks\.npy holds no masks of 00002/c000/t00 .*reid synth people"):
        teach(tmp_path, tmp_path / "guide.safetensors", models_dir=models_dir, steps=10)


def test_a_guide_is_taught_by_command(people: Path, tmp_path: Path, models_dir: Path) -> None:
    out = tmp_path / "guide.safetensors"
    arguments = ["synth", "guide", "--people", str(people), "--out", str(out), "--steps", "10"]
    missing = CliRunner().invoke(app, [*arguments, "--detector", str(tmp_path / "none.onnx")])
    assert isinstance(missing.exception, ModelMissingError)
    done = CliRunner().invoke(app, [*arguments, "--detector", str(models_dir / "yolox_nano.onnx"), "--json"])
    assert done.exit_code == 0, done.output
    assert '"overlap"' in done.stdout
    assert out.is_file()
