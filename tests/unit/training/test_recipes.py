"""Recipes: what the shipped ones say, and what a wrong one is answered."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reid_app.errors import SettingsError
from reid_app.losses.objective import weight_of_metric
from reid_app.model.checkpoint import load_checkpoint
from reid_app.model.places import SHIPPED_GUIDE
from reid_app.training.config import Recipe, SgdConfig, StepSchedule
from reid_app.training.recipe_file import load_recipe
from tests.unit.training.runs import ROOT, run

RECIPES = sorted((ROOT / "configs" / "train").glob("*.yaml"))

TABLE = {
    # Columns of the paper's table, from its authors' solver and network files: batch (P, K, T), pairs of frames,
    # pairs of tracklets, sigma of the code, learning rate, weight decay, steps.
    "mars-official": ((3, 2, 9), 1431, 15, 1.0, 1e-3, 5e-4, 60_000),
    "lpw-official": ((3, 2, 9), 1431, 15, 0.6, 1e-3, 1e-4, 55_000),
    "cub200-official": ((8, 7, 1), 1540, None, 0.8, 5e-4, 3e-4, 2_000),
    "cars196-official": ((8, 7, 1), 1540, None, 0.8, 1e-3, 5e-5, 7_000),
}
HALVED_AT = {
    "mars-official": (20_000, 30_000, 40_000, 50_000),
    "lpw-official": (30_000, 40_000, 50_000),
    "cub200-official": (500, 1000, 1500, 1501),
    "cars196-official": (1500, 3000, 4500, 6000),
}


def shipped(name: str, *changes: str) -> Recipe:
    return load_recipe(ROOT / "configs" / "train" / f"{name}.yaml", changes=changes)


def test_all_that_were_promised_are_there() -> None:
    assert {path.stem for path in RECIPES} == {*TABLE, "mars-strong", "synthetic", "tiny"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_says_the_same_when_all_is_said(path: Path) -> None:
    recipe = load_recipe(path)
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize("name", TABLE)
def test_official_recipes_say_what_the_papers_table_says(name: str) -> None:
    recipe = shipped(name)
    sizes, frame_pairs, tracklet_pairs, sigma, rate, decay, num_steps = TABLE[name]
    batch, objective = recipe.batch, recipe.objective
    assert (batch.num_identities, batch.num_tracklets, batch.num_frames) == sizes
    num_tracklets = math.prod(sizes[:2])
    assert 1.0 / weight_of_metric(objective.beta_frame, num_rows=math.prod(sizes)) == pytest.approx(frame_pairs)
    if tracklet_pairs:
        assert 1.0 / weight_of_metric(objective.beta_tracklet, num_rows=num_tracklets) == pytest.approx(tracklet_pairs)
    else:
        assert (objective.beta_tracklet, objective.ce_tracklet_weight) == (0.0, 0.0)
    assert objective.osm_sigma == pytest.approx(sigma * 2**0.5)
    assert (objective.margin, objective.attention, objective.identity_weighting) == (1.2, "gaussian", "gaussian")
    assert recipe.optimiser == SgdConfig(kind="sgd", learning_rate=rate, momentum=0.9, weight_decay=decay)
    assert recipe.schedule == StepSchedule(kind="step", milestones=HALVED_AT[name], factor=0.5)
    assert (recipe.length.unit, recipe.length.count) == ("steps", num_steps)
    assert recipe.validation is None
    assert set(recipe.augmentation.model_dump().values()) == {0}
    assert (recipe.model.backbone, recipe.model.level) == ("googlenet", "middle")


def test_the_papers_form_is_one_change_away() -> None:
    objective = shipped("mars-official", "form.kind=paper", "form.sigma=0.8").objective
    assert (objective.osm_sigma, objective.attention, objective.identity_weighting) == (0.8, "softmax", "none")
    assert (objective.beta_frame, objective.beta_tracklet) == (1.0, 1.0)


def test_what_the_objective_says_is_stronger_than_the_form() -> None:
    objective = shipped("mars-official", "objective.beta_frame=20", "objective.osm_sigma=0.5").objective
    assert (objective.beta_frame, objective.osm_sigma, objective.attention) == (20.0, 0.5, "gaussian")


def test_changes_have_the_types_of_yaml() -> None:
    recipe = shipped(
        "tiny", "seed=7", "average_decay=0.9", "validation=null", "model.backbone=osnet_x0_25", "schedule.warmup=0"
    )
    assert (recipe.seed, recipe.average_decay, recipe.validation) == (7, 0.9, None)
    assert (recipe.model.backbone, recipe.schedule.warmup) == ("osnet_x0_25", 0)
    assert shipped("tiny", "optimiser={kind: sgd, learning_rate: 1e-3}").optimiser.learning_rate == 0.001


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("model.backbon=x", r"model\.backbon: there is no such key; did you mean backbone\?"),
        ("optimiser.momentm=1", r"optimiser\.momentm: there is no such key; did you mean momentum\?"),
        ("model.preprocess.heigt=8", r"did you mean height\?"),
        ("validaton=null", r"validaton: .*did you mean validation\?"),
        ("batch.xyz=1", "allowed are num_identities"),
        ("optimiser={kind: adam, learning_rate: 1, momentum: 1}", r"optimiser\.momentum: there is no such key"),
        ("optimiser={kind: adam}", r"optimiser\.learning_rate: Field required"),
        ("schedule.kind=cosin", r"schedule: .*'cosin'.*'step', 'cosine'"),
        ("length.count=0", r"length\.count: .*greater than or equal to 1, got 0"),
        ("schedule.milestones=[3, 1]", r"milestones must be positive and rise, got \[3, 1\]$"),
        ("model.backbone=resnet5", "there is no backbone 'resnet5'"),
        ("seed", "must be key=value"),
        ("=3", "must be key=value"),
        ("seed=[1", "not YAML"),
    ],
)
def test_a_wrong_key_or_value_is_named(change: str, answer: str) -> None:
    with pytest.raises(SettingsError, match=answer):
        shipped("mars-official", change)


def test_a_guided_network_starts_from_the_guide_that_comes_with_the_product() -> None:
    assert shipped("synthetic").model.initial_weights == SHIPPED_GUIDE
    own = shipped("synthetic", "model.initial_weights=own.safetensors")
    assert own.model.initial_weights == Path("own.safetensors")
    assert shipped("synthetic", "model.backbone=slim_resnet").model.initial_weights is None


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "just text"])
def test_a_file_that_is_no_recipe_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"r\.yaml"):
        load_recipe(tmp_path / "r.yaml")
    with pytest.raises(SettingsError, match="there is no recipe"):
        load_recipe(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_trains(path: Path, crops: Path, tmp_path: Path) -> None:
    """Its network, pooling, objective and optimiser fit together; on few and small pictures."""
    smaller = ("data.dataset=mars-crops", "threads=1", "length.count=1", "batch.num_identities=2", "compile=false")
    size = ("model.preprocess.height=96", "model.preprocess.width=96")
    share = () if load_recipe(path).validation is None else ("validation.share=0.34",)
    report = run(load_recipe(path, changes=(*smaller, *size, *share)), crops, tmp_path)
    assert load_checkpoint(report.last)[1].recipe["seed"] == load_recipe(path).seed


def test_every_key_of_a_shipped_recipe_is_read() -> None:
    """No recipe repeats a key, which YAML would answer by forgetting the first."""
    for path in RECIPES:
        keys = [line.split(":")[0] for line in path.read_text().splitlines() if line[:1].isalpha()]
        assert len(keys) == len(set(keys)) == len(yaml.safe_load(path.read_text()))


def test_reading_a_recipe_loads_nothing_heavy() -> None:
    program = "import sys, reid_app.training.recipe_file; print(*(m for m in ('torch', 'cv2') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
