"""Steps on a small network without batch normalisation, against arithmetic by hand."""

from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import torch
from torch import Tensor

from reid_app.data.clips import ClipBatch
from reid_app.errors import SettingsError
from reid_app.losses.objective import JointObjective
from reid_app.training.config import Recipe
from reid_app.training.learner import Learner
from reid_app.training.processes import Processes
from reid_app.training.step import TrainingStep
from tests.unit.training.runs import run, small_recipe
from tests.unit.training.two_processes import plain_network

ALONE = Processes(rank=0, count=1, device=torch.device("cpu"))
PLAIN_SGD = "optimiser={kind: sgd, learning_rate: 1, momentum: 0}"


def make_learner(*changes: str) -> tuple[Learner, TrainingStep]:
    recipe = small_recipe("model.neck=none", *changes)
    torch.manual_seed(0)
    model = plain_network(recipe)
    step = TrainingStep(model, objective=JointObjective(model.feature_dim, num_identities=3, config=recipe.objective))
    return Learner(step, recipe=recipe, processes=ALONE), step


def make_batch(seed: int = 0) -> ClipBatch:
    generator = torch.Generator().manual_seed(seed)
    mask_BT = torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]]).bool()
    return ClipBatch(
        clips_BTCHW=torch.randn(4, 3, 3, 32, 32, generator=generator),
        mask_BT=mask_BT,
        pids_B=torch.tensor([0, 0, 2, 2]),
        quality_BT=None,
    )


def copied(step: TrainingStep) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in step.state_dict().items()}


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> Tensor:
    """All changes in one vector."""
    return torch.cat([(after[name] - before[name]).flatten() for name in before])


def test_loss_falls_on_a_handful_of_people(crops: Path, tmp_path: Path) -> None:
    people = ("length.count=40", "batch.num_identities=3", "model.backbone=mobilenet_v3_small")
    run(small_recipe(*people), crops, tmp_path)
    total = np.genfromtxt(tmp_path / "training.csv", delimiter=",", names=True)["total"]
    assert total[-8:].mean() < 0.75 * total[:8].mean()


def test_a_step_goes_against_the_gradient_as_far_as_the_rate_says() -> None:
    learner, step = make_learner(PLAIN_SGD)
    before = copied(step)
    step(make_batch()).total.backward()
    gradient = {name: value.grad for name, value in step.named_parameters()}
    found = learner.learn(make_batch(), learning_rate=0.25)
    for name, value in step.named_parameters():
        torch.testing.assert_close(value.detach(), before[name] - 0.25 * gradient[name])
    norm = torch.cat([value.flatten() for value in gradient.values()]).norm()
    torch.testing.assert_close(found.gradient_norm, norm)
    assert found.is_finite
    assert found.terms.keys() == {"ce_frames", "ce_tracklets", "metric_frames", "metric_tracklets"}


def test_long_gradients_are_shortened() -> None:
    learner, step = make_learner(PLAIN_SGD, "max_gradient_norm=0.01")
    before = copied(step)
    assert learner.learn(make_batch(), learning_rate=0.5).gradient_norm > 0.01
    assert float(moved(before, copied(step)).norm()) == pytest.approx(0.005, rel=1e-3)


def test_the_average_is_what_is_validated_and_kept() -> None:
    """First the weights after step 1, then 0.75 of them and 0.25 of those after step 2."""
    learner, step = make_learner("average_decay=0.75")
    seen = []
    for number in range(2):
        learner.learn(make_batch(number), learning_rate=0.1)
        seen.append({name: value.clone() for name, value in step.model.state_dict().items()})
    for name, value in learner.model.state_dict().items():
        torch.testing.assert_close(value, 0.75 * seen[0][name] + 0.25 * seen[1][name])
    assert learner.model is not step.model


def test_without_an_average_the_weights_themselves_are_kept() -> None:
    learner, step = make_learner()
    assert learner.model is step.model


@pytest.mark.parametrize("optimiser", ["{kind: sgd, learning_rate: 1}", "{kind: adamw, learning_rate: 1}"])
def test_a_restored_learner_goes_on_as_the_other(optimiser: str) -> None:
    changes = (f"optimiser={optimiser}", "average_decay=0.5", "model.pooling=gem")
    (one, _), (other, _) = make_learner(*changes), make_learner(*changes)
    one.learn(make_batch(0), learning_rate=0.01)
    stored = {name: value.clone() for name, value in one.state().items()}
    other.learn(make_batch(5), learning_rate=0.3)
    other.restore(stored)
    for learner in (one, other):
        learner.learn(make_batch(1), learning_rate=0.02)
    after, expected = other.state(), one.state()
    assert after.keys() == expected.keys()
    assert all(torch.equal(after[name], expected[name]) for name in after)


def test_what_fills_up_a_short_clip_changes_nothing() -> None:
    """Pooling, both classifiers and both metric losses leave it out."""
    _, step = make_learner("model.pooling=class_probability", "objective.attention=gaussian")
    batch = make_batch()
    other = batch.clips_BTCHW.clone()
    other[~batch.mask_BT] = 3.0
    terms, expected = step(replace(batch, clips_BTCHW=other)).terms, step(batch).terms
    for name in expected:
        torch.testing.assert_close(terms[name], expected[name])


def test_bfloat16_is_nearly_float32_and_weights_stay_float32() -> None:
    found = []
    for precision in ("float32", "bfloat16"):
        learner, step = make_learner(f"precision={precision}")
        found.append(float(learner.learn(make_batch(), learning_rate=0.1).total))
        assert {value.dtype for value in step.parameters()} == {torch.float32}
    assert found[0] != found[1]
    assert found[1] == pytest.approx(found[0], rel=0.02)


def test_float16_needs_a_gpu() -> None:
    with pytest.raises(SettingsError, match="float16"):
        make_learner("precision=float16")


def test_a_loss_that_is_no_number_is_noticed() -> None:
    learner, _ = make_learner()
    batch = make_batch()
    batch.clips_BTCHW[0, 0, 0, 0, 0] = torch.nan
    assert not learner.learn(batch, learning_rate=0.1).is_finite


def test_an_infinite_gradient_of_a_finite_loss_is_noticed() -> None:
    learner, step = make_learner()
    next(step.model.parameters()).register_hook(lambda gradient: gradient * torch.inf)
    assert not learner.learn(make_batch(), learning_rate=0.1).is_finite


@pytest.mark.slow
@pytest.mark.skipif(which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_network_learns_the_same() -> None:
    totals = []
    for is_compiled in ("false", "true"):
        learner, _ = make_learner(f"compile={is_compiled}", "average_decay=0.9")
        totals.append([float(learner.learn(make_batch(n), learning_rate=0.01).total) for n in range(3)])
    assert totals[1] == pytest.approx(totals[0], rel=1e-4)


def test_recipes_are_plain_data() -> None:
    assert Recipe.model_validate_json(small_recipe().model_dump_json()) == small_recipe()
