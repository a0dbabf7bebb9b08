from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from reid_app.cli.main import app
from reid_app.data.contact_sheet import TILE_HEIGHT, TILE_WIDTH, contact_sheet
from reid_app.data.folder import read_folder

SHADES = {"ada": 40, "bob": 120, "eve": 200}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three people of one shade each, two cameras, two pictures a tracklet; the second camera is ten lighter."""
    for name, shade in SHADES.items():
        for camera, more in (("cam1", 0), ("cam2", 10)):
            folder = tmp_path / "people" / name / camera / "t"
            folder.mkdir(parents=True)
            for number in range(2):
                cv2.imwrite(str(folder / f"{number}.png"), np.full((60, 30, 3), shade + more, np.uint8))
    return tmp_path / "people"


def shades(sheet: np.ndarray) -> list[list[int]]:
    return sheet[TILE_HEIGHT // 2 :: TILE_HEIGHT, TILE_WIDTH // 2 :: TILE_WIDTH, 0].astype(int).tolist()


def test_every_person_stands_camera_by_camera(people: Path) -> None:
    (row,) = shades(contact_sheet([read_folder(people)], num_rows=1, num_columns=6, seed=0))
    assert row[1::2] == [shade + 10 for shade in row[::2]]
    assert sorted(row[::2]) == sorted(SHADES.values())


def test_where_people_run_out_it_is_white(people: Path) -> None:
    sheet = shades(contact_sheet([read_folder(people)], num_rows=9, num_columns=4, seed=0))
    assert len(sheet) == 2
    assert sheet[1][2:] == [255, 255]
    assert 255 not in (*sheet[0], *sheet[1][:2])


def test_the_seed_says_who(people: Path) -> None:
    drawn = [
        shades(contact_sheet([read_folder(people)], num_rows=1, num_columns=2, seed=seed))[0][0]
        for seed in (*range(20), 0)
    ]
    assert set(drawn) == set(SHADES.values())
    assert drawn[0] == drawn[-1]


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg"])
def test_the_command_writes_a_picture(people: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    pair = f"folder={people}"
    done = CliRunner().invoke(app, ["data", "sheet", pair, pair, "--out", str(out), "--rows", "1", "--columns", "3"])
    assert done.exit_code == 0, done.output
    assert cv2.imread(str(out)).shape == (2 * TILE_HEIGHT + 6, 3 * TILE_WIDTH, 3)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["people"], "NAME=ROOT"), (["folder=none"], "none"), (["folder={people}", "--out", "sheet.gif"], ".gif")],
)
def test_what_cannot_be_done_is_named(people: Path, tmp_path: Path, arguments: list[str], named: str) -> None:
    given = [argument.format(people=people) for argument in arguments]
    done = CliRunner().invoke(app, ["data", "sheet", "--out", str(tmp_path / "sheet.png"), *given])
    assert named in str(done.exception)
    assert not list(tmp_path.glob("sheet.*"))
