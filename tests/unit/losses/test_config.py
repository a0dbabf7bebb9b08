import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from reid_app.losses.config import ObjectiveConfig


def test_defaults_are_the_papers() -> None:
    config = ObjectiveConfig()
    assert (config.metric, config.attention) == ("osm_caa", "softmax")
    assert (config.margin, config.osm_sigma, config.negative_weight) == (1.2, 0.8, 0.5)
    assert (config.beta_frame, config.beta_tracklet, config.ce_frame_weight, config.ce_tracklet_weight) == (1, 1, 1, 1)
    assert ObjectiveConfig(beta_frame="official").beta_frame == "official"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metric", "hardest"),
        ("margin", 0.0),
        ("margin", 2.1),
        ("osm_sigma", 0.0),
        ("osm_sigma", float("inf")),
        ("negative_weight", 1.5),
        ("attention", "none"),
        ("triplet_margin", -0.1),
        ("beta_frame", -1.0),
        ("beta_frame", "1/pairs"),
        ("beta_tracklet", float("nan")),
        ("ce_frame_weight", -1.0),
        ("label_smoothing", 1.0),
        ("identity_weighting", "softmax"),
        ("sigma", 0.8),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        ObjectiveConfig(**{name: value})


def test_reading_a_configuration_needs_no_torch() -> None:
    script = "import sys, reid_app.losses.config; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
