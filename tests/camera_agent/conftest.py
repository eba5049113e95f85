"""A private Mosquitto, a listener on it, and the agent as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription

ROOT = Path(__file__).parents[2]


def _wait_for(check: Callable[[], object], timeout_seconds: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not check():
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {timeout_seconds} s")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    return _wait_for


class Mosquitto:
    """The real broker on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        # Held until the end, without listening: nobody else gets the port while the broker is not there.
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind(("127.0.0.1", 0))
        self.port: int = self._reservation.getsockname()[1]
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            + ("user root\n" if os.getuid() == 0 else "")
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> BrokerSettings:
        return BrokerSettings(port=self.port, reconnect_max_seconds=1)

    def configure(self, *lines: str) -> None:
        with self._conf.open("a") as conf:
            conf.writelines(f"{line}\n" for line in lines)

    def start(self) -> None:
        path = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(self._conf)], stderr=subprocess.DEVNULL, env={**os.environ, "PATH": path}
        )
        _wait_for(self._answers)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
        self._reservation.close()


class Listener:
    """Everything published below the prefix, in order."""

    def __init__(self, broker: BrokerSettings) -> None:
        self._arrived = threading.Condition()
        self._publications: list[Publication] = []
        self.session = Session(
            broker, client_id="listener", subscriptions=[Subscription("edge/#", self._take, qos=1)]
        )
        self.session.start()
        assert self.session.wait_connected(5)

    def _take(self, publication: Publication) -> None:
        with self._arrived:
            self._publications.append(publication)
            self._arrived.notify_all()

    def on(self, topic: str) -> list[Publication]:
        with self._arrived:
            return [item for item in self._publications if item.topic == topic]

    def wait_for(self, topic: str, count: int = 1, timeout_seconds: float = 10.0) -> list[Publication]:
        _wait_for(lambda: len(self.on(topic)) >= count, timeout_seconds)
        return self.on(topic)

    def said(self, topic: str) -> list[bytes]:
        return [item.payload for item in self.on(topic)]


@pytest.fixture
def mosquitto_later(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not started yet."""
    broker = Mosquitto(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto(mosquitto_later: Mosquitto) -> Mosquitto:
    mosquitto_later.start()
    return mosquitto_later


@pytest.fixture
def listener(mosquitto: Mosquitto) -> Iterator[Listener]:
    listener = Listener(mosquitto.settings)
    yield listener
    listener.session.stop()


@pytest.fixture
def listen(mosquitto_later: Mosquitto) -> Iterator[Callable[[], Listener]]:
    """Makes listeners, for brokers that come later."""
    made: list[Listener] = []

    def make() -> Listener:
        made.append(Listener(mosquitto_later.settings))
        return made[-1]

    yield make
    for listener in made:
        listener.session.stop()


class AgentProcess:
    """`camera-agent` with a configuration, and what it wrote to its standard error."""

    def __init__(self, folder: Path, port: int, cameras: str, *options: str) -> None:
        config = folder / "config.yaml"
        config.write_text(f"broker: {{port: {port}, reconnect_max_seconds: 1}}\ncameras:\n{cameras}")
        self._log = folder / "agent.log"
        with self._log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "camera_agent", "--config", str(config), *options],
                cwd=ROOT,
                stderr=stderr,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def resident_megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def end(self, number: signal.Signals = signal.SIGTERM, timeout_seconds: float = 10.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout_seconds)


@pytest.fixture
def start_agent(tmp_path: Path, mosquitto_later: Mosquitto) -> Iterator[Callable[..., AgentProcess]]:
    started: list[AgentProcess] = []

    def start(cameras: str, *options: str) -> AgentProcess:
        started.append(AgentProcess(tmp_path, mosquitto_later.port, cameras, *options))
        return started[-1]

    yield start
    for agent in started:
        agent.process.kill()
        agent.process.wait()
