import threading

import pytest

from reid_app.tracklets.ahead import prepared_ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("prepare")]


@pytest.mark.parametrize("num_threads", [1, 4])
def test_items_come_in_order_whoever_is_first(num_threads):
    turns = [threading.Event() for _ in range(4)]

    def prepare(number: int) -> int:
        if num_threads == 4:  # the last one is ready first
            assert number == 3 or turns[number + 1].wait(10)
            turns[number].set()
        return number * 10

    assert list(prepared_ahead(range(4), prepare, threads=num_threads)) == [0, 10, 20, 30]
    assert threads() == []


def test_an_error_comes_out_at_its_item_and_ends_the_threads():
    def prepare(number: int) -> int:
        if number == 2:
            raise ValueError("item 2")
        return number

    prepared = prepared_ahead(range(10), prepare, threads=2)
    assert [next(prepared), next(prepared)] == [0, 1]
    with pytest.raises(ValueError, match="item 2"):
        next(prepared)
    assert threads() == []


def test_items_are_taken_no_farther_ahead_than_twice_the_threads():
    items = iter(range(100))
    prepared = prepared_ahead(items, str, threads=3)
    assert [next(prepared), next(prepared)] == ["0", "1"]
    assert next(items) == 7
    prepared.close()


def test_closing_finishes_what_has_begun_and_begins_nothing_more():
    begun, may_end = [], threading.Event()

    def prepare(number: int) -> None:
        begun.append(number)
        assert number == 0 or may_end.wait(10)

    prepared = prepared_ahead(range(100), prepare, threads=2)
    next(prepared)
    threading.Timer(0.5, may_end.set).start()
    prepared.close()
    assert set(begun) <= {0, 1, 2}
    assert threads() == []
