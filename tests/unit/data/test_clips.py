import numpy as np
import pytest
import torch

from reid_app.data.augmentation import Variation, vary_clip
from reid_app.data.clips import Clip, mean_colour, normalise, stack_clips, to_batch
from reid_app.data.pictures import read_picture
from reid_app.data.resized import ResizedPictures
from reid_app.model.preprocess import preprocess_crops
from tests.unit.data.pictures import SMALL, write_tracklet

CPU = torch.device("cpu")
CAFFE = SMALL.model_copy(
    update={"channel_order": "bgr", "scale": 1.0, "mean": (104.0, 117.0, 123.0), "std": (1.0, 2.0, 3.0)}
)
MOVED = Variation(
    is_flipped=True,
    shift_x=2,
    shift_y=-1,
    brightness=1.2,
    contrast=0.9,
    saturation=0.8,
    balance=(1.0, 0.9, 1.1),
    erased=(1, 2, 4, 9),
)


@pytest.mark.parametrize("preprocess", [SMALL, CAFFE])
def test_pictures_are_normalised_bit_for_bit_as_in_serving(preprocess):
    clips = np.random.default_rng(0).integers(0, 256, (2, 3, 16, 8, 3), np.uint8)
    expected = preprocess_crops(clips.reshape(6, 16, 8, 3), preprocess=preprocess).reshape(2, 3, 3, 16, 8)
    normalised = normalise(torch.from_numpy(clips), preprocess=preprocess)
    assert normalised.dtype == torch.float32
    np.testing.assert_array_equal(normalised.numpy(), expected)
    assert normalised.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("preprocess", "expected"), [(SMALL, (124, 116, 104)), (CAFFE, (123, 117, 104))])
def test_the_mean_colour_becomes_nearly_zero(preprocess, expected):
    assert mean_colour(preprocess) == expected
    picture = np.full((16, 8, 3), expected, np.uint8)
    unit = preprocess.scale / min(preprocess.std)
    assert np.abs(preprocess_crops([picture], preprocess=preprocess)).max() <= 0.51 * unit


def test_a_mean_beyond_all_colours_is_cut_off():
    assert mean_colour(SMALL.model_copy(update={"mean": (-1.0, 0.0, 2.0)})) == (0, 0, 255)


def test_a_batch_holds_the_chosen_frames_their_variation_and_labels(tmp_path):
    first, second = (write_tracklet(tmp_path, pid=pid, num_frames=3) for pid in (1, 2))
    clips = [
        Clip(tracklet=first, indices_T=np.array([2, 0, 1, 2]), num_real=3, pid=7, variation=None),
        Clip(tracklet=second, indices_T=np.array([1, 1, 1, 1]), num_real=1, pid=4, variation=MOVED),
    ]
    pictures = ResizedPictures(SMALL, with_quality=True, memory_mib=1)
    batch = to_batch(stack_clips(clips, pictures=pictures), preprocess=SMALL, device=CPU)
    own = preprocess_crops([read_picture(first.frame_paths[index]) for index in (2, 0, 1, 2)], preprocess=SMALL)
    np.testing.assert_array_equal(batch.clips_BTCHW[0].numpy(), own)
    kept = pictures.read(second.frame_paths[1], box_xyxy=None)
    varied = vary_clip(kept.image[None], MOVED, mean_colour=mean_colour(SMALL))[0]
    np.testing.assert_array_equal(batch.clips_BTCHW[1, 3].numpy(), preprocess_crops([varied], preprocess=SMALL)[0])
    assert batch.mask_BT.tolist() == [[True, True, True, False], [True, False, False, False]]
    assert batch.pids_B.tolist() == [7, 4]
    assert batch.quality_BT is not None
    assert batch.quality_BT[1].tolist() == [np.float32(kept.quality)] * 4


def test_quality_is_left_out_where_nobody_asked(tmp_path):
    clip = Clip(tracklet=write_tracklet(tmp_path, pid=1), indices_T=np.array([0]), num_real=1, pid=0, variation=None)
    stacked = stack_clips([clip], pictures=ResizedPictures(SMALL, with_quality=False, memory_mib=1))
    assert to_batch(stacked, preprocess=SMALL, device=CPU).quality_BT is None
