import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from edge_node.inbox import Inbox


def test_nothing_comes_out_of_an_empty_inbox() -> None:
    assert Inbox[int]().take(0.01) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=50))
def test_the_newest_of_each_camera_comes_out_once_and_the_rest_is_counted(
    items: list[tuple[str, int]],
) -> None:
    inbox = Inbox[int]()
    for key, item in items:
        inbox.put(key, item)
    taken = {}
    while (pair := inbox.take(0)) is not None:
        assert pair[0] not in taken
        taken[pair[0]] = pair[1]
    assert taken == dict(items)
    assert sum(inbox.replaced.values()) == len(items) - len(taken)


def test_a_busy_camera_does_not_keep_a_quiet_one_waiting() -> None:
    inbox = Inbox[int]()
    inbox.put("busy", 0)
    inbox.put("quiet", 0)
    order = []
    for number in range(1, 5):
        inbox.put("busy", number)
        taken = inbox.take(0)
        assert taken is not None
        order.append(taken[0])
        inbox.put(taken[0], number)
    assert order == ["busy", "quiet", "busy", "quiet"]


def test_a_waiting_worker_is_woken() -> None:
    inbox = Inbox[int]()
    threading.Timer(0.05, inbox.put, ("door", 7)).start()
    began = time.monotonic()
    assert inbox.take(30) == ("door", 7)
    assert time.monotonic() - began < 15


def test_nobody_crowds_the_others_out() -> None:
    inbox = Inbox[int](most=3)
    assert [inbox.put(key, 0) for key in "abcd"] == [True, True, True, False]
    assert inbox.put("a", 1)
    taken = [inbox.take(0) for _ in range(4)]
    assert taken == [("a", 1), ("b", 0), ("c", 0), None]
    assert inbox.put("d", 0)


def test_a_wake_ends_one_wait_before_or_after_it_began() -> None:
    inbox = Inbox[int]()
    inbox.wake()
    began = time.monotonic()
    assert inbox.take(30) is None
    threading.Timer(0.05, inbox.wake).start()
    assert inbox.take(30) is None
    assert time.monotonic() - began < 15
    began = time.monotonic()
    assert inbox.take(0.2) is None
    assert time.monotonic() - began >= 0.19


def test_a_wake_does_not_hide_an_item() -> None:
    inbox = Inbox[int]()
    inbox.wake()
    inbox.put("door", 1)
    assert inbox.take(0) == ("door", 1)
