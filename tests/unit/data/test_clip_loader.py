import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from reid_app.data.clip_config import AugmentationConfig, BatchConfig
from reid_app.data.clip_loader import ClipLoader
from reid_app.data.clips import ClipBatch
from reid_app.data.datasets import load_dataset
from reid_app.data.pictures import read_picture
from reid_app.data.resized import ResizedPictures
from reid_app.data.types import LabelledTracklet
from reid_app.errors import DamagedError, SettingsError
from reid_app.model.preprocess import preprocess_crops
from tests.unit.data.pictures import SMALL, write_people, write_tracklet

CPU = torch.device("cpu")
VARIED = AugmentationConfig(flip=0.5, shift_px=2, brightness=0.2, contrast=0.2, saturation=0.2, erase=0.5)
PLAIN = AugmentationConfig()
BATCH = BatchConfig(num_identities=2, num_tracklets=2, num_frames=2)


def loader(
    tracklets: Sequence[LabelledTracklet],
    *,
    batch: BatchConfig = BATCH,
    augmentation: AugmentationConfig = VARIED,
    seed: int = 0,
    threads: int = 1,
    memory_mib: int = 1,
    rank: int = 0,
    num_ranks: int = 1,
) -> ClipLoader:
    return ClipLoader(
        tracklets,
        batch=batch,
        augmentation=augmentation,
        pictures=ResizedPictures(SMALL, with_quality=False, memory_mib=memory_mib),
        seed=seed,
        threads=threads,
        device=CPU,
        rank=rank,
        num_ranks=num_ranks,
    )


def an_epoch(feed: ClipLoader, epoch: int, *, first: int = 0) -> Generator[ClipBatch]:
    """The batches of one epoch, from its batch ``first`` on."""
    start = epoch * feed.num_batches
    return feed.steps(first=start + first, stop=start + feed.num_batches)


def bits(batches: Sequence[ClipBatch]) -> list[bytes]:
    return [batch.clips_BTCHW.numpy().tobytes() + batch.pids_B.numpy().tobytes() for batch in batches]


@pytest.fixture
def people(tmp_path: Path) -> list[LabelledTracklet]:
    return write_people(tmp_path, num_people=5, num_frames=4)


def test_an_epoch_has_all_identities_as_classes(people):
    feed = loader(people)
    batches = list(an_epoch(feed, 0))
    assert feed.pids == (10, 20, 30, 40, 50)
    assert (feed.num_identities, feed.num_batches) == (5, 3)
    assert [tuple(batch.clips_BTCHW.shape) for batch in batches] == [(4, 2, 3, 16, 8)] * 3
    labels = torch.cat([batch.pids_B for batch in batches])
    assert set(labels.tolist()) == {0, 1, 2, 3, 4}
    assert all(batch.mask_BT.all() for batch in batches)


def test_rows_belong_to_their_identity(people):
    of_picture = {
        preprocess_crops([read_picture(path)], preprocess=SMALL).tobytes(): tracklet.pid
        for tracklet in people
        for path in tracklet.frame_paths
    }
    feed = loader(people, augmentation=PLAIN)
    for batch in an_epoch(feed, 0):
        for clip_TCHW, label in zip(batch.clips_BTCHW.numpy(), batch.pids_B.tolist(), strict=True):
            assert {of_picture[frame.tobytes()] for frame in clip_TCHW} == {feed.pids[label]}


def test_neither_threads_nor_memory_change_a_bit(people):
    expected = bits(list(an_epoch(loader(people), 1)))
    assert bits(list(an_epoch(loader(people, threads=4), 1))) == expected
    assert bits(list(an_epoch(loader(people, memory_mib=0), 1))) == expected


def test_an_epoch_goes_on_where_it_was_left(people):
    assert bits(list(an_epoch(loader(people), 1, first=2))) == bits(list(an_epoch(loader(people), 1)))[2:]


def test_steps_go_on_from_epoch_to_epoch(people):
    epochs = [batch for epoch in range(3) for batch in an_epoch(loader(people), epoch)]
    assert bits(list(loader(people, threads=2).steps(first=1, stop=8))) == bits(epochs)[1:8]


def test_seeds_and_epochs_differ(people):
    drawn = [bits(list(an_epoch(loader(people, seed=seed), epoch)))[0] for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(drawn)) == 4


def test_a_tracklet_is_drawn_anew_within_a_batch_and_in_every_epoch(tmp_path):
    lonely = [write_tracklet(tmp_path, pid=1, num_frames=50)]
    feed = loader(lonely, batch=BatchConfig(num_identities=1, num_tracklets=2, num_frames=3), augmentation=PLAIN)
    clips = [clip for epoch in range(3) for batch in an_epoch(feed, epoch) for clip in batch.clips_BTCHW]
    assert len({clip.numpy().tobytes() for clip in clips}) == 6


def test_the_processes_parts_are_the_batch_of_one_process(people):
    whole = list(an_epoch(loader(people), 0))
    parts = [list(an_epoch(loader(people, rank=rank, num_ranks=2), 0)) for rank in (0, 1)]
    for batch, first, second in zip(whole, *parts, strict=True):
        assert torch.equal(torch.cat([first.clips_BTCHW, second.clips_BTCHW]), batch.clips_BTCHW)
        assert torch.equal(torch.cat([first.pids_B, second.pids_B]), batch.pids_B)


@pytest.mark.parametrize(("count_repeats", "expected"), [(False, [True, True, False, False]), (True, [True] * 4)])
def test_repeated_frames_are_masked_unless_they_count(tmp_path, count_repeats, expected):
    batch = BatchConfig(num_identities=1, num_tracklets=1, num_frames=4, count_repeats=count_repeats)
    (drawn,) = an_epoch(loader([write_tracklet(tmp_path, pid=1, num_frames=2)], batch=batch), 0)
    assert drawn.mask_BT.tolist() == [expected]
    assert torch.equal(drawn.clips_BTCHW[0, :2], drawn.clips_BTCHW[0, 2:])


def test_leaving_the_training_leaves_no_thread(people):
    batches = loader(people, threads=3).steps(first=0, stop=100)
    next(batches)
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prepare")]


def test_an_unreadable_picture_is_named(people):
    path = people[3].frame_paths[1]
    path.write_bytes(b"no picture")
    everybody = BATCH.model_copy(update={"num_identities": 5, "num_frames": 4})
    with pytest.raises(DamagedError, match=path.name):
        list(an_epoch(loader(people, batch=everybody), 0))


@pytest.mark.parametrize(
    ("batch", "augmentation", "num_ranks", "message"),
    [
        (BATCH.model_copy(update={"num_identities": 6}), PLAIN, 1, "6 identities cannot be drawn from 5"),
        (BATCH, PLAIN, 3, "2 x 2 tracklets cannot be divided among 3 processes"),
        (BATCH, AugmentationConfig(shift_px=8), 1, "shift_px 8 would move pictures of 16 x 8 pixels"),
    ],
)
def test_impossible_settings_are_refused_at_once(people, batch, augmentation, num_ranks, message):
    with pytest.raises(SettingsError, match=message):
        loader(people, batch=batch, augmentation=augmentation, num_ranks=num_ranks)


def test_nobody_trains_nothing(people, tmp_path):
    with pytest.raises(ValueError, match=r"tracklet 0T0 has no identity \(pid 0\)"):
        loader([*people, write_tracklet(tmp_path, pid=0)])


def test_real_crops(test_data_dir):
    tracklets = load_dataset("mars-crops", test_data_dir / "mini_mars").train
    batch = BatchConfig(num_identities=3, num_tracklets=2, num_frames=9, frames="random", tracklets="independent")
    drawn = next(an_epoch(loader(tracklets, batch=batch, augmentation=PLAIN), 0))
    assert tuple(drawn.clips_BTCHW.shape) == (6, 9, 3, 16, 8)
    known = {
        preprocess_crops([read_picture(path)], preprocess=SMALL).tobytes()
        for tracklet in tracklets
        for path in tracklet.frame_paths
    }
    assert all(frame.tobytes() in known for frame in drawn.clips_BTCHW.flatten(0, 1).numpy())
    assert np.isfinite(drawn.clips_BTCHW.numpy()).all()
