"""Two machines on a network of their own: Linux network namespaces, joined by a virtual cable."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Machine:
    """A namespace and its address on the cable."""

    name: str
    address: str

    def words(self, *command: str) -> list[str]:
        """The command as run on that machine."""
        return ["ip", "netns", "exec", self.name, *command]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Skips the test where namespaces cannot be made."""
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed: sudo apt install iproute2")
    tag = uuid.uuid4().hex[:6]
    machines = Machine(f"a-{tag}", "10.203.77.1"), Machine(f"b-{tag}", "10.203.77.2")
    try:
        for machine in machines:
            _ip("netns", "add", machine.name)
        a, b = (machine.name for machine in machines)
        _ip("link", "add", f"v{tag}", "netns", a, "type", "veth", "peer", "name", f"v{tag}", "netns", b)
        for machine in machines:
            _ip("-n", machine.name, "address", "add", f"{machine.address}/24", "dev", f"v{tag}")
            _ip("-n", machine.name, "link", "set", "lo", "up")
            _ip("-n", machine.name, "link", "set", f"v{tag}", "up")
    except (subprocess.CalledProcessError, OSError):
        _remove(machines)
        pytest.skip("this machine does not let its users make network namespaces")
    try:
        yield machines
    finally:
        _remove(machines)


def _remove(machines: tuple[Machine, Machine]) -> None:
    for machine in machines:
        subprocess.run(["ip", "netns", "delete", machine.name], check=False, capture_output=True)
