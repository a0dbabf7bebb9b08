"""A whole training in this process: what it leaves behind, and how it ends when something goes wrong."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest
import torch

from reid_app.errors import CancelledError, ConflictError, InputError, LockedError, ModelInvalidError, SettingsError
from reid_app.model.checkpoint import load_checkpoint
from reid_app.tracklets.locks import file_lock
from reid_app.training.loop import train
from tests.unit.training.runs import copy_crops, equal, run, small_recipe, weights


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_training_leaves_all_that_was_promised(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    validation = "validation={share: 0.34, every: 4, protocol: cross-camera}"
    report = run(small_recipe(validation, "records.tensorboard=true", "average_decay=0.9"), crops, out)
    assert report.num_steps == 8
    assert report.num_identities == 4
    rows = table(out / "training.csv")
    assert [int(row["step"]) for row in rows] == list(range(1, 9))
    terms = ["ce_frames", "ce_tracklets", "metric_frames", "metric_tracklets"]
    for row in rows:
        assert float(row["total"]) == pytest.approx(sum(float(row[term]) for term in terms), rel=1e-5)
        assert 0.0 <= float(row["waiting_share"]) <= 1.0
        assert float(row["frames_per_s"]) > 0.0
    assert [int(row["epoch"]) for row in rows] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [float(row["learning_rate"]) for row in rows[:2]] == [0.0005, 0.001]
    assert [row["step"] for row in table(out / "validation.csv")] == ["4", "8"]
    assert json.loads((out / "summary.json").read_text())["best_metrics"] == report.best_metrics
    assert list((out / "tensorboard").glob("events.*"))
    assert report.best is not None
    model, card = load_checkpoint(report.best)
    assert card.metrics == report.best_metrics
    assert card.seed == 1
    assert card.data["identities"] == 4
    assert card.data["held_out_identities"] == 2
    assert "research" in card.licence
    assert load_checkpoint(report.last)[1].metrics == report.metrics
    assert model.feature_dim == 512


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(crops: Path, tmp_path: Path) -> None:
    files = []
    for number, seed in enumerate((1, 1, 2)):
        torch.manual_seed(number)
        files.append(weights(run(small_recipe(f"seed={seed}", "length.count=3"), crops, tmp_path / str(number)).last))
    assert equal(files[0], files[1])
    assert not equal(files[0], files[2])


def test_the_first_of_the_best_validations_is_kept(crops: Path, tmp_path: Path) -> None:
    changes = ("length.count=6", "validation={share: 0.34, every: 1, protocol: leave-one-out}")
    report = run(small_recipe(*changes), crops, tmp_path)
    found = [float(row["mean_ap"]) for row in table(tmp_path / "validation.csv")]
    assert len(found) == 6
    assert report.best_metrics["mean_ap"] == max(found)
    assert report.best_step == found.index(max(found)) + 1
    assert report.best is not None
    assert load_checkpoint(report.best)[1].recipe["steps_done"] == report.best_step


def test_validations_change_no_weight(crops: Path, tmp_path: Path) -> None:
    often, once = (
        run(
            small_recipe("length.count=4", f"validation={{share: 0.34, every: {every}, protocol: leave-one-out}}"),
            crops,
            tmp_path / str(every),
        )
        for every in (1, 100)
    )
    assert equal(weights(often.last), weights(once.last))
    assert often.metrics == once.metrics


def test_torch_is_left_as_it_was(crops: Path, tmp_path: Path) -> None:
    torch.set_num_threads(2)
    before = torch.get_rng_state()
    run(small_recipe("length.count=1"), crops, tmp_path / "out")
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Drawing:
    """Draws a random number after each step, and presses Ctrl-C after one of them."""

    def __init__(self, *, stop_after: int | None) -> None:
        self.stop_after = stop_after
        self.drawn: list[float] = []

    def __call__(self, done: int, total: int, unit: str) -> None:
        self.drawn.append(float(torch.rand(())))
        if done == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves_and_resuming_ends_as_if_never_stopped(crops: Path, tmp_path: Path) -> None:
    """The same weights, the same table, and the same random numbers within the steps."""
    recipe = small_recipe(
        "records.resume_every=100", "augmentation.erase=0.5", "optimiser={kind: sgd, learning_rate: 0.1}"
    )
    stopped, resumed, whole = Drawing(stop_after=3), Drawing(stop_after=None), Drawing(stop_after=None)
    with pytest.raises(CancelledError, match=r"step 4 of 8.*--resume"):
        train(recipe, root=crops, out_dir=tmp_path / "out", resume=False, show=stopped)
    assert len(table(tmp_path / "out" / "training.csv")) == 4
    train(recipe, root=crops, out_dir=tmp_path / "out", resume=True, show=resumed)
    train(recipe, root=crops, out_dir=tmp_path / "whole", resume=False, show=whole)
    assert equal(*(weights(tmp_path / name / "last.safetensors") for name in ("out", "whole")))
    losses = [[row["total"] for row in table(tmp_path / name / "training.csv")] for name in ("out", "whole")]
    assert losses[0] == losses[1]
    assert stopped.drawn + resumed.drawn == whole.drawn
    assert len(set(whole.drawn)) == 8


def test_rows_of_lost_steps_are_not_there_twice(crops: Path, tmp_path: Path) -> None:
    recipe = small_recipe("records.resume_every=3", "length.count=6")

    def pull_the_plug(done: int, total: int, unit: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, root=crops, out_dir=tmp_path, resume=False, show=pull_the_plug)
    assert len(table(tmp_path / "training.csv")) == 5
    run(recipe, crops, tmp_path, resume=True)
    assert [row["step"] for row in table(tmp_path / "training.csv")] == ["1", "2", "3", "4", "5", "6"]


def test_a_finished_training_has_nothing_left_to_do(crops: Path, tmp_path: Path) -> None:
    recipe = small_recipe("length.count=2", "validation={share: 0.34, every: 1, protocol: leave-one-out}")
    first = run(recipe, crops, tmp_path)
    before = weights(first.last)
    again = run(recipe, crops, tmp_path, resume=True)
    assert (again.metrics, again.best_step, again.last) == (first.metrics, first.best_step, first.last)
    assert equal(before, weights(again.last))


def test_another_training_is_not_overwritten(crops: Path, tmp_path: Path) -> None:
    run(small_recipe("length.count=1"), crops, tmp_path)
    with pytest.raises(ConflictError, match="--resume"):
        run(small_recipe("length.count=1"), crops, tmp_path)
    with pytest.raises(SettingsError, match=r"length.count was 1, is 2"):
        run(small_recipe("length.count=2"), crops, tmp_path, resume=True)
    with file_lock(tmp_path / ".lock", what="it"), pytest.raises(LockedError):
        run(small_recipe("length.count=1"), crops, tmp_path, resume=True)


def test_other_data_are_not_resumed_with(crops: Path, tmp_path: Path) -> None:
    recipe = small_recipe("length.count=1")
    run(recipe, crops, tmp_path / "out")
    fewer = copy_crops(crops, tmp_path / "fewer", identities=("0013", "0021"), num_crops=4)
    with pytest.raises(SettingsError, match="other tracklets"):
        run(recipe, fewer, tmp_path / "out", resume=True)


def test_speed_and_logs_may_change_on_resuming(crops: Path, tmp_path: Path) -> None:
    run(small_recipe("length.count=1"), crops, tmp_path)
    run(small_recipe("length.count=1", "loader.threads=2", "records.log_every=7"), crops, tmp_path, resume=True)


def test_a_loss_that_is_no_number_stops_and_the_last_resume_point_is_kept(crops: Path, tmp_path: Path) -> None:
    recipe = small_recipe("optimiser={kind: sgd, learning_rate: 1e30, momentum: 0}", "schedule.warmup=0")
    with pytest.raises(ModelInvalidError, match=r"step \d .*ce_frames.*learning_rate"):
        run(recipe, crops, tmp_path)
    assert all(bool(value.isfinite().all()) for value in weights(tmp_path / "resume.safetensors").values())


def test_missing_pictures_are_named(crops: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bbox_train"):
        run(small_recipe(), tmp_path, tmp_path / "out")


def test_too_large_a_batch_is_a_setting(crops: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="num_identities"):
        run(small_recipe("batch.num_identities=7"), crops, tmp_path)
