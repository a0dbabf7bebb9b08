import sys
from pathlib import Path

import pytest

from reid_app.errors import SettingsError
from reid_app.training.records import Records


def test_rows_after_the_resumed_step_and_half_rows_are_dropped(tmp_path: Path) -> None:
    records = Records(tmp_path, num_done=0, with_tensorboard=False)
    for num_done in (2, 4, 6):
        records.note("training", num_done=num_done, values={"total": 0.5 * num_done, "rate": 0.1})
    table = tmp_path / "training.csv"
    table.write_text(table.read_text() + "3,")
    Records(tmp_path, num_done=4, with_tensorboard=False)
    assert table.read_text().split() == ["step,total,rate", "2,1.0,0.1", "4,2.0,0.1"]
    Records(tmp_path, num_done=1, with_tensorboard=False)
    assert not table.exists()


def test_without_tensorboard_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SettingsError, match=r"pip install 'reid-app\[train\]'"):
        Records(tmp_path, num_done=0, with_tensorboard=True)
