"""Children and their supervisor, with small programs in place of the real ones."""

import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from broker.probe import answers
from broker.settings import BrokerSettings
from edge_node.child import Child
from edge_node.up import Supervisor
from tests.private_broker import eventually, require_mosquitto

NOTIFY = "import time; from broker.supervision import notify; "
READY = NOTIFY + "notify('READY=1'); "
SLEEP = "time.sleep(60)"
SILENT = "import time; " + SLEEP

NewChild = Callable[..., Child]


@pytest.fixture
def new_child() -> Iterator[NewChild]:
    children: list[Child] = []

    def new_child(program: str, name: str = "child", **options: Any) -> Child:
        child = Child(name, [sys.executable, "-c", program], **({"output": io.StringIO()} | options))
        children.append(child)
        return child

    yield new_child
    for child in children:
        child.kill()
        assert child.wait(20)


@pytest.fixture
def supervise() -> Iterator[Callable[..., tuple[threading.Thread, threading.Event]]]:
    running: list[tuple[threading.Thread, threading.Event]] = []

    def supervise(*children: Child) -> tuple[threading.Thread, threading.Event]:
        stop = threading.Event()
        thread = threading.Thread(target=Supervisor(list(children)).run, args=(stop,))
        thread.start()
        running.append((thread, stop))
        return running[-1]

    yield supervise
    for thread, stop in running:
        stop.set()
        thread.join(20)


def test_a_child_says_that_it_is_ready_and_works(new_child: NewChild) -> None:
    program = READY + "[(notify('WATCHDOG=1'), time.sleep(0.1)) for _ in range(100)]"
    child = new_child(program, watchdog_seconds=2)
    child.start()
    assert eventually(lambda: child.is_ready)
    time.sleep(3)
    assert not child.is_hung


def test_silent_after_it_was_ready_it_counts_as_hung(new_child: NewChild) -> None:
    child = new_child(READY + SLEEP, watchdog_seconds=2)
    child.start()
    assert eventually(lambda: child.is_ready)
    assert not child.is_hung
    assert eventually(lambda: child.is_hung)


def test_never_ready_it_counts_as_hung(new_child: NewChild) -> None:
    child = new_child(SILENT, start_seconds=2)
    child.start()
    assert not child.is_hung
    assert eventually(lambda: child.is_hung)
    child.kill()
    assert child.wait(20)
    assert not child.is_hung


def test_it_leaves_nothing_in_the_folder_for_temporary_files(
    new_child: NewChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = new_child(READY + SLEEP)
    child.start()
    assert eventually(lambda: child.is_ready)
    assert list(tmp_path.iterdir()) == []


def test_it_goes_on_when_nobody_reads_its_output_any_more(new_child: NewChild) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:
        child = new_child("for _ in range(20_000): print('a line of output')", output=output, may_finish=True)
        child.start()
        assert child.wait(20)
        assert child.has_finished
        child.say("nor does this raise")


def test_its_last_words_are_out_when_it_was_waited_for(
    new_child: NewChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.child.LAST_WORDS_SECONDS", 20)
    output = io.StringIO()
    child = new_child("for n in range(20_000): print('line', n)", output=output)
    child.start()
    assert child.wait(20)
    assert output.getvalue().endswith("| line 19999\n")


def test_who_holds_its_output_holds_up_nobody(new_child: NewChild) -> None:
    child = new_child("import subprocess; subprocess.Popen(['sleep', '30'], start_new_session=True)")
    child.start()
    started = time.monotonic()
    assert child.wait(20)
    assert time.monotonic() - started < 15


def test_a_name_that_the_terminal_cannot_show_stops_nothing(new_child: NewChild) -> None:
    with io.TextIOWrapper(io.BytesIO(), encoding="ascii") as output:
        child = new_child("print('Жанна'); print('and so on')", output=output)
        child.start()
        assert eventually(lambda: b"and so on" in output.buffer.getvalue())


def test_a_stopped_broker_counts_as_hung(broker_settings: BrokerSettings, tmp_path: Path) -> None:
    require_mosquitto()
    host, port = broker_settings.host, broker_settings.port
    command = [sys.executable, "-m", "broker.local", "--port", str(port), "--state", str(tmp_path)]
    child = Child("broker", command, ask=partial(answers, host, port, 1), watchdog_seconds=4)
    child.start()
    try:
        assert eventually(lambda: child.is_ready)
        time.sleep(5)
        assert not child.is_hung
        child._signal(signal.SIGSTOP)
        assert eventually(lambda: child.is_hung)
    finally:
        child.kill()
        assert child.wait(20)


def test_the_next_one_starts_when_the_one_before_is_ready(new_child: NewChild, supervise: Any) -> None:
    first = new_child(NOTIFY + "time.sleep(1); notify('READY=1'); " + SLEEP)
    second = new_child(READY + SLEEP)
    supervise(first, second)
    assert eventually(lambda: first.is_running)
    assert not second.is_running
    assert eventually(lambda: second.is_running)
    assert first.is_ready


def test_the_supervisor_stops_while_a_child_is_not_ready(new_child: NewChild, supervise: Any) -> None:
    child = new_child(SILENT)
    thread, stop = supervise(child)
    assert eventually(lambda: child.is_running)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert not child.is_running


def test_what_dies_while_another_is_not_ready_comes_back(new_child: NewChild, supervise: Any) -> None:
    first, second = new_child(READY + SLEEP), new_child(SILENT)
    supervise(first, second)
    assert eventually(lambda: second.is_running)
    first.kill()
    assert eventually(lambda: not first.is_running)
    assert eventually(lambda: first.is_running)


def test_what_hangs_at_its_start_comes_back_and_holds_nobody_up(new_child: NewChild, supervise: Any) -> None:
    first, second = new_child(SILENT, start_seconds=0.5), new_child(SILENT)
    supervise(first, second)
    assert eventually(lambda: first.failures == 1)
    assert eventually(lambda: second.is_running)
    assert eventually(lambda: first.is_running)


def test_each_line_of_output_has_the_name_before_it(new_child: NewChild) -> None:
    output = io.StringIO()
    child = new_child("print('one'); print('two')", "camera", output=output)
    child.start()
    assert eventually(lambda: output.getvalue() == "camera  | one\ncamera  | two\n")
