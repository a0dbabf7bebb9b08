import numpy as np
import pytest

from reid_app.data.synthetic.camera import draw_camera
from reid_app.data.synthetic.config import SyntheticConfig
from reid_app.data.synthetic.noise import smooth_noise
from reid_app.data.synthetic.randomness import generator_of
from reid_app.data.synthetic.response import developed

PLAIN = SyntheticConfig(backgrounds=False)


def test_cameras_differ_in_colour_unless_it_is_left_out():
    grey = np.full((2, 2, 3), 0.2, np.float32)

    def shown(config):
        cameras = [draw_camera(seed=1, number=number, config=config, beside=True) for number in range(10)]
        return np.array([developed(grey, response=camera.response)[0, 0] for camera in cameras])

    assert np.ptp(shown(PLAIN), axis=0).min() > 0.05
    np.testing.assert_allclose(
        shown(SyntheticConfig(backgrounds=False, camera_colour=False)), 0.2 ** (1 / 2.2), atol=0.001
    )


@pytest.mark.parametrize("size", [0.8, 3.0, 9.0])
def test_noise_joins_with_itself(size):
    noise = smooth_noise(generator_of(1, "noise"), side=64, size=size)
    inside = np.abs(np.diff(noise, axis=0)).mean()

    assert np.abs(noise[0] - noise[-1]).mean() < 1.5 * inside
    assert noise.std() == pytest.approx(1, abs=0.01)
