"""Who asks and who is searched, under each protocol."""

from pathlib import Path

import pytest

from reid_app.data.trials import Trial, make_trial
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError
from reid_app.evaluation.protocols import protocol_of


def labelled(name: str, pid: int, camid: int) -> LabelledTracklet:
    return LabelledTracklet(name=name, pid=pid, camid=camid, frame_paths=(Path(f"{name}.jpg"),))


ADA_0, ADA_1, BOB_0, BOB_1 = (labelled(*row) for row in (("a0", 1, 0), ("a1", 1, 1), ("b0", 2, 0), ("b1", 2, 1)))
DISTRACTOR, JUNK = labelled("d", 0, 0), labelled("j", -1, 0)
MARS_LIKE = ReidDataset(
    name="tiny", train=(), query=(ADA_0, BOB_1), gallery=(JUNK, DISTRACTOR, ADA_0, ADA_1, BOB_0, BOB_1)
)


def asked_and_searched(trial: Trial) -> tuple[list[str], list[str]]:
    names = [tracklet.name for tracklet in trial.tracklets]
    return [names[row] for row in trial.query_rows_Q], [names[row] for row in trial.gallery_rows_G]


@pytest.mark.parametrize("name", ["mars-official", "standard", "lpw"])
def test_listed_queries_search_the_whole_gallery_and_find_themselves_there(name: str) -> None:
    trial = make_trial(MARS_LIKE, protocol=protocol_of(name))
    assert asked_and_searched(trial) == (["a0", "b1"], ["j", "d", "a0", "a1", "b0", "b1"])
    assert trial.own_column_Q.tolist() == [2, 5]
    assert trial.query.pids.tolist() == [1, 2]
    assert trial.query.camids.tolist() == [0, 1]
    assert trial.gallery.pids.tolist() == [-1, 0, 1, 1, 2, 2]


def test_torchreid_searches_what_is_left_without_the_queries() -> None:
    trial = make_trial(MARS_LIKE, protocol=protocol_of("torchreid"))
    assert asked_and_searched(trial) == (["a0", "b1"], ["j", "d", "a1", "b0"])
    assert trial.own_column_Q.tolist() == [-1, -1]


@pytest.mark.parametrize("name", ["cross-camera", "leave-one-out"])
def test_everybody_with_an_identity_asks(name: str) -> None:
    trial = make_trial(MARS_LIKE, protocol=protocol_of(name))
    asked, searched = asked_and_searched(trial)
    assert sorted(asked) == ["a0", "a1", "b0", "b1"]
    assert sorted(searched) == ["a0", "a1", "b0", "b1", "d", "j"]
    assert [searched[column] for column in trial.own_column_Q] == asked


def test_each_tracklet_is_embedded_once() -> None:
    trial = make_trial(MARS_LIKE, protocol=protocol_of("standard"))
    assert sorted(tracklet.name for tracklet in trial.tracklets) == ["a0", "a1", "b0", "b1", "d", "j"]


def test_a_trial_without_queries_or_gallery_is_refused() -> None:
    only_train = ReidDataset(name="half", train=(ADA_0,), query=(), gallery=(ADA_0,))
    with pytest.raises(InputError, match="nobody asks in data set half under protocol standard"):
        make_trial(only_train, protocol=protocol_of("standard"))
    only_queries = ReidDataset(name="half", train=(), query=(ADA_0,), gallery=(ADA_0,))
    with pytest.raises(InputError, match="nobody is left to be searched"):
        make_trial(only_queries, protocol=protocol_of("torchreid"))


def test_a_name_stands_for_one_tracklet() -> None:
    doubled = ReidDataset(name="bad", train=(), query=(ADA_0,), gallery=(labelled("a0", 2, 0),))
    with pytest.raises(ValueError, match="two different tracklets are named a0"):
        make_trial(doubled, protocol=protocol_of("standard"))
