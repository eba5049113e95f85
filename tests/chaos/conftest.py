"""A house of one test's own."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.house import House
from tests.private_broker import PrivateBroker

Build = Callable[..., House]


@pytest.fixture
def build(mosquitto: PrivateBroker, tmp_path: Path) -> Iterator[Build]:
    houses: list[House] = []

    def build(**options: Any) -> House:
        houses.append(House(tmp_path, mosquitto, **options))
        return houses[-1]

    yield build
    for house in houses:
        house.end()


@pytest.fixture
def house(build: Build) -> House:
    return build()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, which a test can fill."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
