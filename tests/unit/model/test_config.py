import subprocess
import sys

import pytest
from pydantic import ValidationError

from reid_app.model.config import EncoderConfig, Preprocess


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", ""), ("pooling", "median"), ("num_frames", 0), ("batch_size", 0), ("threads", 0), ("treads", 2)],
)
def test_bad_encoder_settings_name_their_key(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        EncoderConfig.model_validate({field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("height", 0),
        ("width", 100_000),
        ("channel_order", "yuv"),
        ("scale", 0.0),
        ("scale", float("nan")),
        ("mean", (0.0, float("inf"), 0.0)),
        ("mean", (0.0, 0.0)),
        ("std", (1.0, 0.0, 1.0)),
        ("stdd", (1.0, 1.0, 1.0)),
    ],
)
def test_bad_preprocess_names_its_key(field: str, value: object) -> None:
    good = {"height": 16, "width": 8, "channel_order": "rgb", "scale": 1.0, "mean": (0, 0, 0), "std": (1, 1, 1)}
    with pytest.raises(ValidationError, match=field):
        Preprocess.model_validate({**good, field: value})


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("config", {"numpy", "cv2", "onnxruntime", "yaml"}),
        ("known", {"numpy", "cv2", "onnxruntime", "httpx"}),
        ("places", {"numpy", "cv2", "onnxruntime", "httpx"}),
        ("pull", {"numpy", "cv2", "onnxruntime", "httpx"}),
        ("head", {"numpy", "cv2", "torch"}),
        ("embedder_config", {"numpy", "cv2", "torch"}),
        ("export_card", {"numpy", "cv2", "torch", "onnxruntime"}),
        ("encoders", {"onnxruntime", "torch", "httpx"}),
    ],
)
def test_imports_stay_cheap(module: str, absent: set[str]) -> None:
    code = f"import sys, reid_app.model.{module}; print(*({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
