"""The order of files and folders."""

import re
from functools import cmp_to_key

from hypothesis import given
from hypothesis import strategies as st

from reid_app.data.folders import natural_sorted

NAMES = st.text(alphabet="ab019_.", min_size=1, max_size=6)


def compare(first: str, second: str) -> int:
    """Piece by piece: text as text, numbers as numbers, the text as it stands where all pieces are equal."""
    for left, right in zip(re.findall(r"\d+|\D+", first), re.findall(r"\d+|\D+", second), strict=False):
        if left.isdigit() and right.isdigit() and int(left) != int(right):
            return int(left) - int(right)
        if left.isdigit() != right.isdigit():
            return -1 if left.isdigit() else 1
        if not left.isdigit() and left != right:
            return -1 if left < right else 1
    lengths = [len(re.findall(r"\d+|\D+", name)) for name in (first, second)]
    return lengths[0] - lengths[1] or (first > second) - (first < second)


@given(names=st.lists(NAMES, unique=True))
def test_numbers_are_in_the_order_of_their_values(names: list[str]) -> None:
    assert natural_sorted(names) == sorted(names, key=cmp_to_key(compare))


@given(numbers=st.lists(st.integers(0, 99_999), unique=True))
def test_numbers_of_equal_width_need_no_key(numbers: list[int]) -> None:
    names = [f"a{number:05d}_{number % 7}.jpg" for number in numbers]
    assert natural_sorted(names) == [f"a{number:05d}_{number % 7}.jpg" for number in sorted(numbers)]


def test_the_order_does_not_depend_on_the_listing() -> None:
    assert natural_sorted(["01.jpg", "1.jpg"]) == natural_sorted(["1.jpg", "01.jpg"]) == ["01.jpg", "1.jpg"]
