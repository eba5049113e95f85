import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from camera_agent.pace import STEP_SECONDS, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeStop(threading.Event):
    """Lets the clock run while somebody waits for it; each wake-up is `late` seconds late."""

    def __init__(self, clock: Clock, late: float) -> None:
        super().__init__()
        self.clock = clock
        self.late = late

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.now += (timeout or 0) + self.late
        return self.is_set()


def test_late_wake_ups_do_not_add_up() -> None:
    clock = Clock()
    pace, stop = Pace(10, clock), FakeStop(clock, late=0.004)
    for _ in range(101):
        assert pace.wait(stop)
    assert abs(clock.now - 1010.0) < 0.01


def test_missed_turns_are_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(10, clock)
    assert pace.admits()
    clock.now += 5
    assert [pace.admits() for _ in range(3)] == [True, False, False]


def test_a_change_holds_for_the_turn_that_is_waited_for() -> None:
    pace, stop, waited = Pace(0.01), threading.Event(), threading.Event()
    assert pace.wait(stop)

    def wait() -> None:
        if pace.wait(stop):
            waited.set()

    thread = threading.Thread(target=wait)
    began = time.monotonic()
    thread.start()
    assert not waited.wait(0.2)
    pace.change(0.5)
    assert waited.wait(15)
    thread.join()
    assert 1 <= pace.steps <= (time.monotonic() - began) / STEP_SECONDS
    assert [pace.admits() for _ in range(2)] == [False, False]


def test_a_stopped_wait_gives_no_turn() -> None:
    stop = threading.Event()
    stop.set()
    assert not Pace(10).wait(stop)


def test_a_camera_at_the_set_rate_that_jitters_loses_nothing() -> None:
    clock = Clock()
    pace = Pace(5, clock)
    admitted = 0
    for number in range(100):
        clock.now = 1000 + number * 0.2 + (-0.03, 0.0, 0.03)[number % 3]
        admitted += pace.admits()
    assert admitted == 100


@given(camera_fps=st.floats(1, 120), fps=st.floats(0.5, 60))
def test_never_more_than_the_set_rate_and_never_less_than_half(camera_fps: float, fps: float) -> None:
    clock = Clock()
    pace = Pace(fps, clock)
    seconds = 60 / min(camera_fps, fps)
    admitted = 0
    for number in range(int(seconds * camera_fps)):
        clock.now = 1000 + number / camera_fps
        admitted += pace.admits()
    assert admitted <= seconds * fps + 2
    assert admitted >= seconds * min(camera_fps, fps) / 2 - 1
