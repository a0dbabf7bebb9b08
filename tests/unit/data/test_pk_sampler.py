from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_app.data.pk_sampler import PKBatchSampler, share_of_rank

sizes = st.lists(st.integers(1, 9), min_size=1, max_size=12)
seeds = st.integers(0, 2**40)


def interleaved(tracklets_per_identity: list[int]) -> np.ndarray:
    """Identity n is 10 * n + 3; its tracklets do not lie side by side."""
    rounds = range(max(tracklets_per_identity))
    return np.array([10 * n + 3 for turn in rounds for n, size in enumerate(tracklets_per_identity) if turn < size])


@given(sizes=sizes, data=st.data(), num_tracklets=st.integers(1, 7), seed=seeds, epoch=st.integers(0, 2**40))
def test_every_batch_holds_p_identities_with_k_tracklets_each(sizes, data, num_tracklets, seed, epoch):
    num_identities = data.draw(st.integers(1, len(sizes)))
    pids = interleaved(sizes)
    sampler = PKBatchSampler(pids, num_identities=num_identities, num_tracklets=num_tracklets, seed=seed)
    batches = sampler.batches(epoch)
    assert batches.dtype == np.int64
    assert batches.shape == (sampler.num_batches, num_identities * num_tracklets)
    for batch in batches:
        drawn = pids[batch].reshape(num_identities, num_tracklets)
        assert (drawn == drawn[:, :1]).all()
        assert len(set(drawn[:, 0])) == num_identities


@given(sizes=sizes, data=st.data(), seed=seeds)
def test_an_epoch_has_every_identity_once_and_fills_its_last_batch_with_others(sizes, data, seed):
    num_identities = data.draw(st.integers(1, len(sizes)))
    pids = interleaved(sizes)
    sampler = PKBatchSampler(pids, num_identities=num_identities, num_tracklets=1, seed=seed)
    times = Counter(pids[sampler.batches(epoch=0)].ravel().tolist())
    assert set(times) == set(pids.tolist())
    assert sampler.num_batches == (len(sizes) + num_identities - 1) // num_identities
    assert Counter(times.values())[2] == sampler.num_batches * num_identities - len(sizes)
    assert max(times.values()) <= 2


@given(sizes=sizes, num_tracklets=st.integers(1, 12), seed=seeds)
def test_a_tracklet_comes_again_only_where_there_are_too_few_and_then_in_turn(sizes, num_tracklets, seed):
    pids = interleaved(sizes)
    sampler = PKBatchSampler(pids, num_identities=1, num_tracklets=num_tracklets, seed=seed)
    for batch in sampler.batches(epoch=3):
        available = int((pids == pids[batch[0]]).sum())
        times = Counter(batch.tolist())
        assert len(times) == min(available, num_tracklets)
        assert max(times.values()) - min(times.values()) <= 1


def test_an_identitys_tracklets_are_equally_likely():
    sampler = PKBatchSampler([5] * 5, num_identities=1, num_tracklets=2, seed=1)
    times = Counter(row for epoch in range(1000) for row in sampler.batches(epoch).ravel().tolist())
    # 400 expected of each, standard deviation sqrt(1000 * 0.4 * 0.6) = 15.5
    assert all(abs(times[row] - 400) < 5 * 15.5 for row in range(5))


def test_drawn_independently_the_same_tracklet_may_come_twice():
    sampler = PKBatchSampler([5, 5], num_identities=1, num_tracklets=2, seed=1, tracklets="independent")
    same = sum(first == second for epoch in range(1000) for first, second in sampler.batches(epoch))
    # the second equals the first half of the time, standard deviation sqrt(1000 / 4) = 15.8
    assert abs(same - 500) < 5 * 15.8


def test_batches_are_a_function_of_seed_and_epoch_alone():
    pids = interleaved([4] * 40)

    def batches(*, seed: int, epoch: int) -> list[list[int]]:
        return PKBatchSampler(pids, num_identities=8, num_tracklets=2, seed=seed).batches(epoch).tolist()

    sampler = PKBatchSampler(pids, num_identities=8, num_tracklets=2, seed=0)
    assert sampler.batches(4).tolist() == batches(seed=0, epoch=4)  # the epochs before leave no trace
    assert sampler.batches(2).tolist() == batches(seed=0, epoch=2)
    different = [batches(seed=seed, epoch=epoch) for seed in range(3) for epoch in range(3)]
    assert len({str(batch) for batch in different}) == 9


@pytest.mark.parametrize(
    ("identities", "num_identities", "num_batches"),
    [(625, 3, 209), (1975, 3, 659), (100, 8, 13), (98, 8, 13), (625, 8, 79)],  # MARS, LPW, CUB, CARS; modern MARS
)
def test_epochs_of_the_published_data_sets(identities, num_identities, num_batches):
    sampler = PKBatchSampler(np.arange(identities), num_identities=num_identities, num_tracklets=2, seed=0)
    assert sampler.num_batches == len(sampler.batches(0)) == num_batches


@pytest.mark.parametrize(
    ("num_identities", "num_tracklets", "message"),
    [(4, 2, "4 identities cannot be drawn from 3"), (0, 2, "got 0 and 2"), (2, 0, "got 2 and 0")],
)
def test_an_impossible_batch_is_refused_at_once(num_identities, num_tracklets, message):
    with pytest.raises(ValueError, match=message):
        PKBatchSampler([1, 1, 2, 9], num_identities=num_identities, num_tracklets=num_tracklets, seed=0)


@given(share=st.integers(1, 6), num_ranks=st.integers(1, 6))
def test_the_ranks_parts_are_the_batch(share, num_ranks):
    batch = np.random.default_rng(0).permutation(share * num_ranks)
    parts = [share_of_rank(batch, rank=rank, num_ranks=num_ranks) for rank in range(num_ranks)]
    assert {len(part) for part in parts} == {share}
    assert np.concatenate(parts).tolist() == batch.tolist()


@pytest.mark.parametrize(("rank", "num_ranks"), [(0, 4), (2, 2), (-1, 2)])
def test_an_unequal_part_is_refused(rank, num_ranks):
    with pytest.raises(ValueError, match=f"rank {rank} of {num_ranks} cannot have an equal part of 6 tracklets"):
        share_of_rank(np.arange(6), rank=rank, num_ranks=num_ranks)
