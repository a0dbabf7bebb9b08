import pytest

from reid_app.tracking.stride import automatic_stride


@pytest.mark.parametrize(
    ("fps", "stride"),
    [(0.0, 1), (1.0, 1), (7.4, 1), (7.5, 2), (10.0, 2), (12.5, 3), (23.976, 5), (25.0, 5), (30.0, 6), (120.0, 24)],
)
def test_about_five_a_second(fps: float, stride: int) -> None:
    assert automatic_stride(fps) == stride


@pytest.mark.parametrize("fps", [-1.0, float("nan"), float("inf")])
def test_impossible_rates(fps: float) -> None:
    with pytest.raises(ValueError, match="fps must be finite"):
        automatic_stride(fps)
