import hashlib
from pathlib import Path

import pytest

from reid_app.errors import InputError, LimitError
from reid_app.tracking.mot_file import TracksFromFile, read_mot_file
from reid_app.tracklets.parts import TrackSource
from tests.unit.tracking.scripted import frame


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "tracks.txt"
    path.write_bytes(content)
    return path


def test_everything_that_is_allowed(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbf# made elsewhere\r\n"
        b"\r\n"
        b"3,-7,10.5,20,30,60,0.8\r\n"
        b"1, 2, -5, 0, 30, 60\r\n"
        b"1,1,100,0,30,60,-1,-1,-1,-1\r\n"
        b"3.0,2,1e1,0,30,60,7.5,1,0.3\r\n"
        b"  # done\r\n"
        b"2,1,100,0,30,60,-0.2"
    )
    tracks = read_mot_file(write(tmp_path, content))
    assert {index: [(t.track_id, *t.detection.box_xyxy, t.detection.confidence) for t in frame_tracks]
            for index, frame_tracks in tracks.by_frame.items()} == {
        0: [(2, -5, 0, 25, 60, 1.0), (1, 100, 0, 130, 60, 1.0)],
        1: [(1, 100, 0, 130, 60, 0.0)],
        2: [(-7, 10.5, 20, 40.5, 80, 0.8), (2, 10, 0, 40, 60, 1.0)],
    }  # fmt: skip
    assert tracks.num_tracks == 3
    assert tracks.last_frame_index == 2
    assert tracks.sha256 == hashlib.sha256(content).hexdigest()


def test_a_file_without_tracks(tmp_path: Path) -> None:
    tracks = read_mot_file(write(tmp_path, b"# nobody\n"))
    assert (tracks.num_tracks, tracks.last_frame_index) == (0, -1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,1,0,0,10", r"'1,1,0,0,10' has 5 values, expected 6 to 10"),
        ("1,1,0,0,10,20,1,1,1,1,1", "has 11 values"),
        ("1 1 0 0 10 20", "has 1 values"),
        ("one,1,0,0,10,20", "frame is 'one', expected a number"),
        ("1.5,1,0,0,10,20", "frame is '1.5', expected a whole number"),
        ("0,1,0,0,10,20", "frame is 0, expected 1 to"),
        ("-3,1,0,0,10,20", "frame is -3"),
        ("1e300,1,0,0,10,20", "frame is 1e300"),
        ("1,0.5,0,0,10,20", "id is '0.5', expected a whole number"),
        (f"1,{2**63},0,0,10,20", "id is 9223372036854775808"),
        ("1,,0,0,10,20", "id is '', expected a number"),
        ("1,1,nan,0,10,20", "x is 'nan', expected a number"),
        ("1,1,0,inf,10,20", "y is 'inf'"),
        ("1,1,0,0,0,20", "w is 0, expected pixels above 0"),
        ("1,1,0,0,10,-20", "h is -20"),
        ("1,1,0,1e9,10,20", "y is 1e.09, expected pixels"),
        ("1,1,1000,0,1e-300,20", "too small to have an area"),
        ("1,1,0,0,10,20,high", "confidence is 'high'"),
        ("1,1,0,0,10,20,1,person", "class is 'person'"),
        ("1_0,1,0,0,10,20", "frame is '1_0'"),
        ("2,5,0,0,10,20", "frame 2 has id 5 twice"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_value(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"tracks.txt, line 3: .*{message}"):
        read_mot_file(write(tmp_path, f"# here\n2,5,0,0,10,20\n{line}\n".encode()))


def test_what_is_no_text_is_too_large_or_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tracks.txt is not a text file \(byte 2 is not UTF-8\)"):
        read_mot_file(write(tmp_path, b"1,\xff\xfe"))
    with pytest.raises(LimitError, match=r"tracks.txt is larger than 10 bytes"):
        read_mot_file(write(tmp_path, b"1,1,0,0,10,20"), max_bytes=10)
    with pytest.raises(InputError, match=r"cannot read the tracks .*none.txt: No such file"):
        read_mot_file(tmp_path / "none.txt")


def test_frames_count_from_one_in_the_file_and_from_zero_here(tmp_path: Path) -> None:
    tracks = read_mot_file(write(tmp_path, b"1,4,0,0,10,20\n3,4,5,0,10,20\n"))
    source: TrackSource = TracksFromFile(tracks)
    assert [
        [track.track_id for track in source.follow(frame(index), source.look(frame(index)))] for index in range(4)
    ] == [[4], [], [4], []]
    source.reset_tracks()
    source.reset_tracks()
    assert len(source.follow(frame(0), source.look(frame(0)))) == 1
    assert tracks.sha256 in source.fingerprint
    assert not source.is_stateful
