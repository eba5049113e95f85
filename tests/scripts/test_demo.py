"""`./scripts/demo` as a user runs it, with its programs, its photos and its broker."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from broker.local import is_listening
from broker.messages import Event
from broker.session import Session
from broker.settings import BrokerSettings
from broker.topics import Topics
from scripts.demo_setup import claim_port
from tests.private_broker import PrivateBroker, eventually, free_port

AN_EVENT = Path(__file__).parents[1] / "broker/golden/event.json"

Start = Callable[..., subprocess.Popen[str]]
Reached = Callable[[Path], object]


def at_work_in(folder: Path) -> list[psutil.Process]:
    """Programs that were started in that folder, or were told of a file in it."""
    found = []
    for process in psutil.process_iter():
        try:
            command, place = process.cmdline(), process.cwd()
        except (psutil.Error, OSError):
            continue
        if place == str(folder) or any(str(folder) in word for word in command):
            found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def is_setting_up(folder: Path) -> bool:
    return (folder / ".venv/used").exists()


def is_preparing(folder: Path) -> bool:
    return (folder / "var/demo/lock").exists()


def is_waiting_for_the_broker(folder: Path) -> bool:
    return (folder / "var/demo/up.log").exists()


def is_at_work(folder: Path) -> bool:
    return (folder / "var/demo/up.log").exists() and "node    |" in (folder / "var/demo/up.log").read_text()


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    """In a process group of its own, which is what a terminal sends Ctrl-C to."""
    started: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=checkout,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert eventually(lambda: not at_work_in(checkout))


@pytest.mark.timeout(240)
def test_it_shows_everybody_each_time(start: Start) -> None:
    for _ in range(2):
        demo = start("./scripts/demo", "--once")
        output, _ = demo.communicate(timeout=100)
        summary = "7 of 7 demo frames answered, 1 authorised, 1 restricted, 2 unknown, 4 lines logged"
        assert summary in output
        assert demo.returncode == 0


@pytest.mark.parametrize("reached", [is_setting_up, is_preparing, is_waiting_for_the_broker, is_at_work])
def test_ctrl_c_ends_it_quietly_at_any_moment(start: Start, checkout: Path, reached: Reached) -> None:
    demo = start("./scripts/demo")
    assert eventually(lambda: reached(checkout), 40)
    os.killpg(demo.pid, signal.SIGINT)
    output, _ = demo.communicate(timeout=40)
    assert demo.returncode == 130
    assert "Traceback" not in output
    assert eventually(lambda: not at_work_in(checkout))


@pytest.mark.parametrize("reached", [is_setting_up, is_waiting_for_the_broker])
def test_asked_to_end_it_leaves_nothing_running(start: Start, checkout: Path, reached: Reached) -> None:
    demo = start("./scripts/demo")
    assert eventually(lambda: reached(checkout), 40)
    demo.terminate()
    output, _ = demo.communicate(timeout=40)
    assert demo.returncode == 143
    assert "Traceback" not in output
    assert eventually(lambda: not at_work_in(checkout))


def test_it_ends_when_nobody_reads_what_it_prints(start: Start, checkout: Path) -> None:
    demo = start(sys.executable, "-m", "scripts.demo")
    assert demo.stdout is not None
    said = "".join(iter(demo.stdout.readline, "Stop with Ctrl-C.\n"))
    assert demo.stdout.readline() == "\n"
    demo.stdout.close()
    port = re.search(r"-p (\d+)", said)
    assert port is not None
    broker = BrokerSettings(port=int(port[1]), reconnect_max_seconds=1)
    assert eventually(lambda: is_listening(broker.host, broker.port), 40)
    event = Event.from_json(AN_EVENT.read_bytes()).to_publication(Topics())
    session = Session(broker, client_id="somebody")
    session.start()
    assert eventually(lambda: session.publish(event) and demo.poll() is not None, 40)
    session.stop()
    assert demo.returncode == 128 + signal.SIGPIPE


def test_two_demos_never_have_the_same_port() -> None:
    port = free_port()
    with ExitStack() as one, ExitStack() as another:
        assert claim_port(port, one) == port
        assert claim_port(port, another) != port
    with ExitStack() as later:
        assert claim_port(port, later) == port


def test_a_port_at_which_something_listens_is_left_alone(mosquitto: PrivateBroker) -> None:
    with ExitStack() as claims:
        assert claim_port(mosquitto.settings.port, claims) != mosquitto.settings.port
