"""A broker for this machine alone: Mosquitto where it is installed, else the embedded one.

    python -m broker.local --port 1883 --state var/broker

runs one until SIGTERM: the process becomes Mosquitto, so that signals and the exit code are Mosquitto's own.
`LocalBroker` runs the same command as a child.
"""

import argparse
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from broker import embedded
from broker.errors import BrokerError
from broker.mosquitto import conf
from broker.settings import BrokerSettings
from broker.supervision import STARTER, end_with_starter

log = logging.getLogger(__name__)

Kind = Literal["auto", "mosquitto", "embedded"]

START_SECONDS = 10.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.02


def is_listening(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def find_mosquitto() -> str | None:
    """Its path; Debian installs it where a normal user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def choose(kind: Kind = "auto") -> Literal["mosquitto", "embedded"]:
    """What can be had on this machine. Raises BrokerError that says what to install."""
    if kind in ("auto", "mosquitto") and find_mosquitto():
        return "mosquitto"
    if kind in ("auto", "embedded") and embedded.is_installed():
        return "embedded"
    missing = "no broker" if kind == "auto" else f"{kind} broker not"
    raise BrokerError(f"{missing} installed: sudo apt install mosquitto, or pip install '.[embedded-broker]'")


def describe(kind: Literal["mosquitto", "embedded"], host: str, port: int, prefix: str) -> str:
    """One line: which broker, where, and how to look at what goes over it."""
    watch = f"mosquitto_sub -v -p {port} -t '{prefix}/events/#'"
    if kind == "embedded":
        return f"embedded broker (iotcore {embedded.version()}) at {host}:{port}; watch it: {watch} -V 5"
    asked = subprocess.run(
        [find_mosquitto() or "mosquitto", "-h"], capture_output=True, text=True, check=False
    )
    version = asked.stdout.partition("\n")[0].removeprefix("mosquitto version ").strip()
    return f"Mosquitto {version} at {host}:{port}; watch it: {watch}"


class LocalBroker:
    """A broker as a child process; it ends with this process, even when that is killed.

    settings: host (loopback only), port and prefix are used. state: its own folder. Start it from a thread
    that lives as long as the broker shall: Linux sends the death signal when that thread ends.
    """

    def __init__(self, settings: BrokerSettings, state: Path, *, kind: Kind = "auto") -> None:
        self.settings = settings
        self._state = state
        self._kind: Kind = kind
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def log_file(self) -> Path:
        """What the broker writes to its standard error."""
        return self._state / "broker.log"

    def start(self) -> None:
        """Returns when the port answers. Raises BrokerError, with the broker's own words where it has any."""
        host, port = self.settings.host, self.settings.port
        kind = choose(self._kind)
        _check_loopback(self.settings)
        if is_listening(host, port):
            raise BrokerError(
                f"port {port} of {host} is in use already: stop that broker, or set broker.port"
            )
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [sys.executable, "-m", "broker.local", "--host", host, "--port", str(port)]
        command += ["--prefix", self.settings.prefix, "--state", str(self._state), "--kind", kind]
        with self.log_file.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=os.environ | {STARTER: str(os.getpid())},
            )
        self._wait_until_listening(self._process)
        log.info("%s", describe(kind, host, port, self.settings.prefix))

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_listening(self.settings.host, self.settings.port):
            ended = process.poll()
            if ended is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                continue
            self.stop()
            what = (
                f"did not listen within {START_SECONDS:g} s" if ended is None else f"ended with code {ended}"
            )
            words = self.log_file.read_text("utf-8", "replace").strip()[-2000:]
            raise BrokerError(f"the broker {what}: {words or 'it said nothing'}")


def run(settings: BrokerSettings, state: Path, kind: Kind) -> None:
    """Becomes the broker: Mosquitto in place of this process, or the embedded one inside it."""
    chosen = choose(kind)
    _check_loopback(settings)
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    state = state.absolute()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.info("%s", describe(chosen, host, settings.port, settings.prefix))
    if chosen == "embedded":
        embedded.run(host, settings.port, state)
        return
    file = state / "mosquitto.conf"
    file.write_text(conf.private(host, settings.port, state), "utf-8")
    program = find_mosquitto() or "mosquitto"
    os.execv(program, [program, "-c", str(file)])  # noqa: S606  a program found by name, no shell


def _check_loopback(settings: BrokerSettings) -> None:
    if not settings.is_local:
        raise BrokerError(
            f"expected a loopback address, got {settings.host}: without passwords it stays on this machine"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m broker.local", description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen at")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--state", type=Path, required=True, help="folder of its own")
    parser.add_argument("--kind", choices=("auto", "mosquitto", "embedded"), default="auto")
    parser.add_argument("--prefix", default="edge", help="first word of every topic, for the hint")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    end_with_starter()
    settings = BrokerSettings(host=options.host, port=options.port, prefix=options.prefix)
    try:
        run(settings, options.state, options.kind)
    except (BrokerError, OSError) as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
