import pytest

from reid_app.errors import SettingsError
from reid_app.evaluation.memory import MemoryBudget

KIB = 1024


def test_blocks_shrink_as_memory_is_taken() -> None:
    budget = MemoryBudget(1, work="sorting")
    sizes = []
    for block in budget.blocks(400, bytes_per_row=8 * KIB):
        sizes.append(block.stop - block.start)
        budget.hold(400 * KIB)
        if len(sizes) == 2:
            budget.hold(-1100 * KIB)
    # 1024 KiB hold 128 rows; 624 KiB 78; then 1024 + 300 KiB 165, of which 194 are left, and at last 29.
    assert sizes == [128, 78, 165, 29]


def test_too_little_memory_says_how_much_is_enough() -> None:
    budget = MemoryBudget(3, work="sorting 9 rows")
    budget.hold(1024 * KIB)

    assert budget.rows_at_once(bytes_per_row=128 * KIB) == 16
    with pytest.raises(SettingsError, match=r"^sorting 9 rows needs 4 MiB of memory, and memory_mib is 3: set it to 4"):
        budget.rows_at_once(bytes_per_row=129 * KIB)


def test_more_rows_than_are_good_for_anything_are_not_taken() -> None:
    assert MemoryBudget(1000, work="sorting").rows_at_once(bytes_per_row=1) == 256
