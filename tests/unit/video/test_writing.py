import av
import numpy as np
import pytest

from reid_app.video.writing import VideoWriter


def write(path, images):
    height, width = images[0].shape[:2]
    with VideoWriter(path, height=height, width=width, fps=15) as video:
        for image in images:
            video.write(image)
    return path


@pytest.fixture
def images():
    """Noise, moving."""
    rng = np.random.default_rng(1)
    wide = rng.integers(60, 200, (13, 30, 3)).repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    return [np.ascontiguousarray(wide[:100, number : number + 160]) for number in range(50)]


def test_frames_come_back_at_their_times(tmp_path, images):
    with av.open(str(write(tmp_path / "a.mp4", images))) as video:
        assert video.streams.video[0].codec_context.name == "h264"
        frames = list(video.decode(video=0))

    assert [float(frame.pts * frame.time_base) for frame in frames] == pytest.approx([n / 15 for n in range(50)])
    errors = [
        np.abs(frame.to_ndarray(format="rgb24").astype(float) - image).mean()
        for frame, image in zip(frames, images, strict=True)
    ]
    assert max(errors) < 12


def test_the_same_frames_give_the_same_bytes_at_any_height(tmp_path):
    noise = np.random.default_rng(0).normal(120, 30, (4, 540, 960, 3)).clip(0, 255).astype(np.uint8)

    assert len({write(tmp_path / f"{number}.mp4", list(noise)).read_bytes() for number in range(4)}) == 1


def test_an_error_is_not_hidden_by_closing(tmp_path):
    def broken():
        yield np.zeros((64, 64, 3), np.uint8)
        raise RuntimeError("mine")

    def write_all():
        with VideoWriter(tmp_path / "a.mp4", height=64, width=64, fps=5) as video:
            for image in broken():
                video.write(image)

    with pytest.raises(RuntimeError, match="mine"):
        write_all()
