import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from reid_app.tracking.config import AssociationConfig, BuilderConfig, DetectionConfig


@pytest.mark.parametrize("config", [AssociationConfig, BuilderConfig, DetectionConfig])
def test_configs_are_strict_frozen_and_described(config: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="max_gaps"):
        config.model_validate({"max_gaps": 1})
    with pytest.raises(ValidationError, match="frozen"):
        config().__setattr__(next(iter(config.model_fields)), 1)
    assert all(field.description for field in config.model_fields.values())


def test_importing_the_parts_imports_nothing_heavy() -> None:
    parts = ("association", "builder", "config", "mot_file", "stride", "detectors.motion", "detectors.yolox")
    lines = [f"import reid_app.tracking.{part}" for part in parts]
    lines += ["import sys", "print({'trackers', 'supervision', 'onnxruntime', 'scipy'} & set(sys.modules))"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    light = "import sys, reid_app.tracking.config; print({'numpy', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
