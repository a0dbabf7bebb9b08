"""``kill -9`` at random steps: resumed, a training ends with the same weights as one never killed, bit for bit."""

import random
from pathlib import Path

from tests.unit.training.runs import equal, finish, run, small_recipe, start_training, wait_for_row, weights

NUM_KILLS = 3
CHANGES = (
    "length.count=12",
    "records={log_every: 1, resume_every: 2}",
    "augmentation={flip: 0.5, shift_px: 4, brightness: 0.2, erase: 0.5}",
    "average_decay=0.8",
    "max_gradient_norm=50.0",
)


def test_killed_and_resumed_gives_the_same_bits(crops: Path, tmp_path: Path) -> None:
    generator = random.Random(5)
    out = tmp_path / "killed"
    for step in sorted(generator.sample(range(1, 12), NUM_KILLS)):
        process = start_training(crops, out, *CHANGES)
        wait_for_row(out / "training.csv", step, of=process)
        process.kill()
        process.communicate()
        assert process.returncode == -9
    finish(start_training(crops, out, *CHANGES))
    whole = run(small_recipe(*CHANGES), crops, tmp_path / "whole")
    assert equal(weights(out / "last.safetensors"), weights(whole.last))
    assert equal(weights(out / "resume.safetensors"), weights(tmp_path / "whole" / "resume.safetensors"))
