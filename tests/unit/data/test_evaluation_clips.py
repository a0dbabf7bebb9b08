from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reid_app.data.evaluation_clips import evaluation_batches, group_by_size
from reid_app.data.pictures import read_picture
from reid_app.data.resized import ResizedPictures
from reid_app.model.preprocess import preprocess_crops
from tests.unit.data.pictures import SMALL, write_tracklet

LENGTHS = (3, 1, 6, 2, 2)


def batches(tracklets, *, num_frames, threads=1, frames_per_batch=7):
    return list(
        evaluation_batches(
            tracklets,
            num_frames=num_frames,
            frames_per_batch=frames_per_batch,
            pictures=ResizedPictures(SMALL, with_quality=False, memory_mib=1),
            threads=threads,
            device=torch.device("cpu"),
        )
    )


@pytest.mark.parametrize(
    ("num_frames", "frames"),
    [
        (None, [[0, 1, 2], [0], [0, 1, 2, 3, 4, 5], [0, 1], [0, 1]]),
        (2, [[0, 2], [0], [1, 4], [0, 1], [0, 1]]),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_tracklet_comes_once_in_order_with_its_frames(tmp_path, num_frames, frames, threads):
    tracklets = [write_tracklet(tmp_path, pid=pid, num_frames=n) for pid, n in enumerate(LENGTHS)]
    seen = [
        (pid, clip_TCHW[mask_T])
        for batch in batches(tracklets, num_frames=num_frames, threads=threads)
        for pid, clip_TCHW, mask_T in zip(
            batch.pids_B.tolist(), batch.clips_BTCHW.numpy(), batch.mask_BT.numpy(), strict=True
        )
    ]
    assert [pid for pid, _ in seen] == [0, 1, 2, 3, 4]
    for tracklet, indices, (_, clip_TCHW) in zip(tracklets, frames, seen, strict=True):
        expected = preprocess_crops([read_picture(tracklet.frame_paths[i]) for i in indices], preprocess=SMALL)
        np.testing.assert_array_equal(clip_TCHW, expected)


def test_nothing_to_embed_is_no_batch():
    assert batches([], num_frames=None) == []


@given(lengths=st.lists(st.integers(1, 12), max_size=20), largest=st.integers(1, 30))
def test_groups_are_as_large_as_fits(lengths, largest):
    groups = group_by_size(lengths, largest=largest)
    assert [row for group in groups for row in group] == list(range(len(lengths)))

    def size(rows):
        return len(rows) * max(lengths[row] for row in rows)

    assert all(len(group) == 1 or size(group) <= largest for group in groups)
    for group, after in pairwise(groups):
        assert size(range(group.start, after.start + 1)) > largest
