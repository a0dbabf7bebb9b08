"""The HTML reports of an evaluation, from real pictures."""

import re
from pathlib import Path

import pytest

from reid_app.model.config import EncoderConfig
from reid_app.pipelines.evaluate import Comparison
from reid_app.pipelines.evaluate_dataset import EvaluationAnswer, EvaluationRequest, evaluate_dataset
from reid_app.pipelines.evaluation_reports import NUM_EXAMPLES, TOP_K, write_reports
from reid_app.settings import Settings
from reid_app.tracklets.watch import Unwatched


def measured(root: Path, *encoders: EncoderConfig, data_dir: Path) -> EvaluationAnswer:
    request = EvaluationRequest(
        dataset="folder",
        root=root,
        split=None,
        protocol=None,
        encoders=encoders,
        comparison=Comparison(rerank=None, expand_queries=0, seed=0),
        keep=False,
    )
    return evaluate_dataset(request, settings=Settings(data_dir=data_dir), watch=Unwatched())


@pytest.fixture(scope="module")
def answer(test_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> EvaluationAnswer:
    frames = (EncoderConfig(model="colour", num_frames=num) for num in (8, 1))
    return measured(test_data_dir / "pku_reid", *frames, data_dir=tmp_path_factory.mktemp("data"))


def test_each_encoder_has_a_page_that_compares_it_with_the_first(answer: EvaluationAnswer, tmp_path: Path) -> None:
    first, second = write_reports(tmp_path / "out", answer)
    assert (first.name, second.name) == ("1-colour.html", "2-colour.html")
    assert "on the same queries" not in first.read_text()
    (verdict,) = re.findall(r"Against colour, [^<]*8 frames, on the same queries: rank-1 [^<]*", second.read_text())
    assert verdict.count("means nothing") + verdict.count("worse") + verdict.count("better") == 2


def test_the_best_and_the_worst_queries_are_shown_with_their_pictures(answer: EvaluationAnswer, tmp_path: Path) -> None:
    page = write_reports(tmp_path / "out", answer)[0].read_text()
    found = answer.splits[0].results[0].evaluation
    shown = re.findall(r"(?<!m)AP\s*(?:<[^>]*>)*\s*([01]\.\d{3})", page)
    ordered = sorted(found.average_precision_V)
    expected = [*ordered[::-1][:NUM_EXAMPLES], *ordered[:NUM_EXAMPLES]]
    assert [float(value) for value in shown] == pytest.approx(expected, abs=1e-3)
    assert page.count("data:image/jpeg") >= 2 * NUM_EXAMPLES * (1 + TOP_K)


def test_one_encoder_is_simply_the_report(test_data_dir: Path, tmp_path: Path) -> None:
    answer = measured(test_data_dir / "pku_reid", EncoderConfig(), data_dir=tmp_path / "data")
    assert [path.name for path in write_reports(tmp_path / "out", answer)] == ["report.html"]
