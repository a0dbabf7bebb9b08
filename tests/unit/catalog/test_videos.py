import math

import pytest

from reid_app.catalog.catalog import Catalog
from reid_app.errors import InputError, NotFoundError
from tests.unit.catalog.builders import START, add_video


def test_a_video_comes_back_as_it_was_given(catalog: Catalog) -> None:
    given = {
        "sha256": "c" * 64,
        "camera_id": "Eingang Süd",
        "start_at": START,
        "name": "street.mp4",
        "width": 1920,
        "height": 1080,
        "fps": 29.97,
        "num_frames": 3_000_000_000,
        "duration_s": 12.5,
        "start_s": -0.25,
    }
    video = catalog.videos.add(**given)
    stored = catalog.videos.get(video.video_id)
    assert {name: getattr(stored, name) for name in given} == given


def test_the_same_video_again_changes_nothing(catalog: Catalog) -> None:
    first = add_video(catalog)
    assert add_video(catalog) == first
    assert catalog.videos.list(limit=10) == [first]
    assert [camera.camera_id for camera in catalog.videos.cameras()] == ["cam1"]


def test_pages_follow_each_other_without_gaps_or_doubles(catalog: Catalog) -> None:
    videos = [add_video(catalog, camera_id=f"cam{number % 3}", sha256=f"{number:064x}") for number in range(7)]
    assert [camera.camera_id for camera in catalog.videos.cameras()] == ["cam0", "cam1", "cam2"]
    seen = page = catalog.videos.list(limit=3)
    while page:
        page = catalog.videos.list(limit=3, after_cursor=page[-1].cursor)
        seen = seen + page
    assert seen == videos


def test_an_unknown_video_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError, match="v404"):
        catalog.videos.get("v404")


@pytest.mark.parametrize("camera_id", ["", " cam", "cam\n", "a\x00b", "x" * 201])
def test_a_camera_without_a_usable_name_is_refused(catalog: Catalog, camera_id: str) -> None:
    with pytest.raises(InputError, match="camera"):
        add_video(catalog, camera_id=camera_id)


def test_equal_looking_camera_names_are_one_camera(catalog: Catalog) -> None:
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    assert add_video(catalog, camera_id=composed) == add_video(catalog, camera_id=decomposed)


def test_a_file_name_of_any_bytes_can_be_stored(catalog: Catalog) -> None:
    """Linux gives names that are not UTF-8 as lone surrogates, which no database takes."""
    video = catalog.videos.add(
        sha256="d" * 64,
        camera_id="cam1",
        start_at=None,
        name=b"a\xff\x00\nb.mp4".decode("utf-8", "surrogateescape"),
        width=1,
        height=1,
        fps=1.0,
        num_frames=1,
        duration_s=1.0,
        start_s=0.0,
    )
    assert catalog.videos.get(video.video_id).name == "a???b.mp4"


def test_what_cannot_be_a_video_is_refused(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="sha256"):
        add_video(catalog, sha256="A" * 64)
    with pytest.raises(ValueError, match="finite"):
        catalog.videos.add(
            sha256="d" * 64,
            camera_id="cam1",
            start_at=None,
            name="a",
            width=1,
            height=1,
            fps=math.nan,
            num_frames=1,
            duration_s=1.0,
            start_s=0.0,
        )
