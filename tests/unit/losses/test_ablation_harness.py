"""The loss study's harness: what its numbers rest on, on a few steps of real pictures."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from reid_app.evaluation.distances import EmbeddingDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import protocol_of
from tests.benchmarks.losses_ablation.choice import chosen_value
from tests.benchmarks.losses_ablation.data import Characters, Condition, read_characters, rotate, spoil
from tests.benchmarks.losses_ablation.grid import jobs
from tests.benchmarks.losses_ablation.judge import train_and_judge
from tests.benchmarks.losses_ablation.main import ARCHIVE
from tests.benchmarks.losses_ablation.measures import retrieval, structure
from tests.benchmarks.losses_ablation.results import Job, read_results
from tests.benchmarks.losses_ablation.table import MARKER, STRUCTURES, write_table
from tests.benchmarks.losses_ablation.variants import Variant, variant_of

NUM_CHARACTERS = 136
NUM_PICTURES = 2720


@pytest.fixture(scope="module")
def characters(test_data_dir: Path) -> Characters:
    return read_characters(test_data_dir / ARCHIVE)


def test_rotations_never_train_on_what_they_ask(characters: Characters) -> None:
    assert len(characters) == NUM_PICTURES
    assert len(np.unique(characters.class_N)) == NUM_CHARACTERS
    tested = []
    for number in range(5):
        rotation = rotate(characters, rotation=number)
        parts = [rotation.train, rotation.development, rotation.test]
        assert sum(map(len, parts)) == NUM_PICTURES
        assert [len(np.unique(part.alphabet_N)) for part in parts] == [3, 1, 1]
        assert len(np.unique(np.concatenate([np.unique(part.alphabet_N) for part in parts]))) == 5
        tested.append(int(rotation.test.alphabet_N[0]))
    assert sorted(tested) == list(range(5))


@pytest.mark.parametrize(("condition", "share"), [("wrong20", 0.2), ("wrong40", 0.4)])
def test_wrong_labels_are_wrong_and_as_many_as_said(characters: Characters, condition: Condition, share: float) -> None:
    spoilt = spoil(characters, condition=condition, generator=np.random.default_rng(0))
    assert np.mean(spoilt.seen.class_N != characters.class_N) == pytest.approx(share)
    assert np.array_equal(spoilt.truth_N, characters.class_N)
    assert torch.equal(spoilt.seen.pictures_NCHW, characters.pictures_NCHW)
    assert spoilt.seen.class_N.max() < NUM_CHARACTERS


def test_outliers_keep_label_and_ink_but_show_another_picture(characters: Characters) -> None:
    spoilt = spoil(characters, condition="outliers20", generator=np.random.default_rng(0))
    is_changed_N = (spoilt.seen.pictures_NCHW != characters.pictures_NCHW).flatten(1).any(dim=1)
    assert is_changed_N.float().mean().item() == pytest.approx(0.2, abs=0.002)
    assert np.array_equal(spoilt.seen.class_N, characters.class_N)
    assert np.array_equal(spoilt.truth_N < 0, is_changed_N.numpy())
    assert len(np.unique(spoilt.truth_N[spoilt.truth_N < 0])) == np.sum(spoilt.truth_N < 0)
    ink_N = {round(float(ink), 3) for ink in characters.pictures_NCHW.sum(dim=(1, 2, 3))}
    assert all(round(float(ink), 3) in ink_N for ink in spoilt.seen.pictures_NCHW[is_changed_N].sum(dim=(1, 2, 3))[:50])


@pytest.mark.parametrize("name", ["ce", "osm-caa", "osm-caa-alone", "osm-caa-normalised"])
def test_few_steps_give_numbers_and_the_same_again(characters: Characters, name: str) -> None:
    rotation = rotate(characters, rotation=1)

    def run() -> dict[str, float]:
        return train_and_judge(
            rotation,
            variant=variant_of(name),
            value=variant_of(name).values[-1],
            condition="wrong40",
            seed=(1, 0),
            judged_at=(1, 2),
        )

    first = run()
    assert {"development_map_1", "test_recall_2", "train_spread", "test_writer_recall"} <= first.keys()
    assert all(math.isfinite(measure) for measure in first.values())
    assert first["purity_equal_2"] == pytest.approx(0.6**2, abs=0.06)
    assert run() == first


def test_retrieval_is_the_product_s_leave_one_out(characters: Characters) -> None:
    test = rotate(characters, rotation=0).test
    pixels_ND = test.pictures_NCHW.flatten(1).numpy()
    unit_ND = pixels_ND / np.linalg.norm(pixels_ND, axis=1, keepdims=True)
    labels = Labels(pids=test.class_N + 1, camids=np.zeros(len(test), dtype=np.int64))
    evaluation = evaluate(
        EmbeddingDistances(unit_ND, gallery_GD=unit_ND),
        query=labels,
        gallery=labels,
        own_column_Q=np.arange(len(test)),
        protocol=protocol_of("leave-one-out"),
    )
    assert retrieval(pixels_ND, test.class_N) == pytest.approx((evaluation.rank1, evaluation.mean_ap), abs=1e-4)


@pytest.mark.parametrize(("shift", "writer_recall"), [(0, 1.0), (1, 0.0)])
def test_structure_of_points_made_by_hand(shift: int, writer_recall: float) -> None:
    """Two far classes, each a ring of six writers: in the second, they stand where they stood or each one further."""
    angles = np.linspace(0.0, 2 * np.pi, 6, endpoint=False)
    up, down = (np.stack([0.1 * np.cos(angles), 0.1 * np.sin(angles), np.full(6, z)], axis=1) for z in (1.0, -1.0))
    points = np.concatenate([up, down])
    found = structure(
        points,
        pictures_NF=points,
        class_N=np.repeat([0, 1], 6),
        writer_N=np.concatenate([np.arange(6), np.roll(np.arange(6), shift)]),
        alphabet_N=np.zeros(12, dtype=np.int64),
    )
    assert found.dimensions == pytest.approx(2.0)
    assert found.spread == pytest.approx(0.01 / 1.01)
    assert found.neighbours_kept == 1.0
    assert found.writer_recall == writer_recall


def test_neighbours_kept_is_what_a_plain_loop_counts() -> None:
    generator = np.random.default_rng(0)
    points, pictures = (generator.normal(size=(16, 3)) for _ in range(2))
    class_N = np.repeat([0, 1], 8)
    kept = []
    for row in range(16):
        classmates = [other for other in range(16) if other != row and class_N[other] == class_N[row]]
        in_pictures = sorted(classmates, key=lambda other: np.linalg.norm(pictures[row] - pictures[other]))[:5]
        by_angle = sorted(classmates, key=lambda other: -points[row] @ points[other] / np.linalg.norm(points[other]))[
            :5
        ]
        kept.append(len(set(in_pictures) & set(by_angle)) / 5)
    found = structure(
        points, pictures_NF=pictures, class_N=class_N, writer_N=np.arange(16), alphabet_N=np.zeros(16, dtype=np.int64)
    )
    assert found.neighbours_kept == pytest.approx(np.mean(kept))


def runs_of(variant: Variant, *, rotation: int, best: float) -> dict[Job, dict[str, float]]:
    return {
        Job(variant.name, "clean", rotation, 0, value): {
            "development_map_100": 0.5 if value == best else 0.4,
            "test_map_100": 0.1 if value == best else 0.9,
            "test_recall_100": 0.2,
            **{f"{side}_{name}": 0.3 for side in ("train", "test") for name in STRUCTURES},
        }
        for value in variant.values
    }


def test_a_rotation_chooses_on_its_own_development_alphabet_never_on_a_test() -> None:
    variant = variant_of("osm")
    runs = runs_of(variant, rotation=0, best=10.0) | runs_of(variant, rotation=1, best=50.0)
    chosen = [chosen_value(runs, variant=variant, condition="clean", rotation=n, stop="end") for n in range(3)]
    assert chosen == [10.0, 50.0, None]


def test_the_table_keeps_what_people_wrote_and_reports_the_chosen_runs(tmp_path: Path) -> None:
    path = tmp_path / "table.md"
    path.write_text(f"Words.\n{MARKER}\nold")
    write_table(runs_of(variant_of("osm"), rotation=0, best=10.0), path=path)
    text = path.read_text()
    assert text.startswith(f"Words.\n{MARKER}\n")
    assert "old" not in text
    assert "| OSM | .100 [.100, .100] (1) |" in text
    assert "| OSM | 10 (1) |" in text


def test_finished_runs_are_read_back_and_not_done_again(tmp_path: Path) -> None:
    results = read_results(tmp_path / "results.json")
    first, second = (job for job, _ in zip(jobs(results.runs), range(2), strict=False))
    results.add(first, {"development_map_100": 0.123456})
    results.add(second, {"development_map_100": 0.5})
    assert read_results(tmp_path / "results.json").runs == {
        first: {"development_map_100": 0.1235},
        second: {"development_map_100": 0.5},
    }
