import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from broker import embedded, local
from broker.errors import BrokerError
from broker.local import Kind, LocalBroker, is_listening
from broker.probe import answers
from broker.settings import BrokerSettings
from tests.private_broker import PrivateBroker, eventually, free_port


def command(kind: Kind, port: int, state: Path, *more: str) -> list[str]:
    options = ["--port", str(port), "--state", str(state), "--kind", kind, *more]
    return [sys.executable, "-m", "broker.local", *options]


def test_a_started_broker_listens_on_loopback_only(broker: PrivateBroker) -> None:
    assert is_listening(broker.settings.host, broker.settings.port)
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(broker.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_a_stopped_broker_leaves_its_port_and_may_be_stopped_again(broker: PrivateBroker) -> None:
    broker.stop()
    broker.stop()
    assert broker.pid is None
    assert not is_listening(broker.settings.host, broker.settings.port)


def test_one_line_says_which_broker_and_how_to_look(
    kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    with LocalBroker(BrokerSettings(port=port, prefix="home"), tmp_path, kind=kind):
        [line] = caplog.messages
    watch = f" at 127.0.0.1:{port}; watch it: mosquitto_sub -v -p {port} -t 'home/events/#'"
    if kind == "mosquitto":
        assert line.startswith("Mosquitto 2.")
        assert line.endswith(watch)
    else:
        assert line == f"embedded broker (iotcore {embedded.version()}){watch} -V 5"


def test_a_port_in_use_is_refused_before_a_second_broker_starts(
    broker: PrivateBroker, tmp_path: Path
) -> None:
    with pytest.raises(BrokerError, match=f"port {broker.settings.port} of 127.0.0.1 is in use"):
        LocalBroker(broker.settings, tmp_path / "second").start()


def test_the_brokers_own_words_are_passed_on(kind: Kind, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # bound and silent: nothing listens, and nobody else can bind
        settings = BrokerSettings(port=holder.getsockname()[1])
        broker = LocalBroker(settings, tmp_path, kind=kind)
        with pytest.raises(BrokerError, match=r"ended with code 1: [^$]*Address already in use"):
            broker.start()
    assert broker.pid is None


def test_only_loopback_is_served_without_passwords(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"expected a loopback address, got 0\.0\.0\.0"):
        LocalBroker(BrokerSettings(host="0.0.0.0"), tmp_path).start()


def test_no_broker_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_mosquitto", lambda: None)
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package")
    with pytest.raises(BrokerError, match="no broker installed: sudo apt install mosquitto, or pip install"):
        local.choose()


def test_the_embedded_broker_stands_in_for_mosquitto(monkeypatch: pytest.MonkeyPatch) -> None:
    if not embedded.is_installed():
        pytest.skip("iotcore is not installed")
    monkeypatch.setattr(local, "find_mosquitto", lambda: None)
    assert local.choose() == "embedded"


def test_the_command_runs_until_sigterm_and_returns_zero(kind: Kind, tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(command(kind, port, tmp_path), stderr=subprocess.PIPE, text=True) as process:
        assert eventually(lambda: answers("127.0.0.1", port, 1))
        process.terminate()
        _, words = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"127.0.0.1:{port}; watch it: mosquitto_sub" in words


@pytest.mark.parametrize(
    ("host", "words"), [("192.0.2.1", "loopback"), ("127.0.0.1", "Address already in use")]
)
def test_the_command_fails_in_words(kind: Kind, host: str, words: str, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        done = subprocess.run(
            command(kind, port, tmp_path, "--host", host), capture_output=True, text=True, timeout=20
        )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_parent_leaves_no_orphan(kind: Kind, tmp_path: Path) -> None:
    port = free_port()
    program = f"""
import time
from pathlib import Path
from broker.local import LocalBroker
from broker.settings import BrokerSettings
broker = LocalBroker(BrokerSettings(port={port}), Path({str(tmp_path)!r}), kind={kind!r})
broker.start()
print(broker.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
    assert eventually(lambda: is_gone(child))
    assert eventually(lambda: not is_listening("127.0.0.1", port))


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_embedded_broker_serves_old_cameras_on_the_next_free_port() -> None:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        port = first.getsockname()[1]
        assert embedded.free_port_after("127.0.0.1", port) > port
        second.bind(("127.0.0.1", embedded.free_port_after("127.0.0.1", port)))
        assert embedded.free_port_after("127.0.0.1", port) > second.getsockname()[1]


def test_a_state_folder_is_private_and_may_have_spaces(tmp_path: Path) -> None:
    state = tmp_path / "state of mine" / "broker"
    with LocalBroker(BrokerSettings(port=free_port()), state):
        assert state.stat().st_mode & 0o777 == 0o700


def test_localhost_is_served(kind: Kind, tmp_path: Path) -> None:
    settings = BrokerSettings(host="localhost", port=free_port())
    with LocalBroker(settings, tmp_path, kind=kind):
        assert is_listening("127.0.0.1", settings.port)
