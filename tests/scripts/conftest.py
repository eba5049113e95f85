"""A folder in which the demo works as in a checkout, with nothing left to fetch or install."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_node.models.install import Models

ROOT = Path(__file__).parents[2]
SHARED = ("broker", "camera_agent", "edge_node", "constraints.txt", "pyproject.toml")
FINGERPRINT = '. scripts/setup.sh; find_python; fingerprint "$python" >.venv/set-up-demo'


@pytest.fixture
def checkout(tmp_path: Path, photos: Path, models: Models) -> Path:
    folder = tmp_path / "checkout"
    (folder / "var/state").mkdir(parents=True)
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copyfile(ROOT / "config.yaml", folder / "config.yaml")
    (folder / "var/photos").symlink_to(photos)
    (folder / "var/state/models").symlink_to(models.kept_in)
    _make_venv(folder)
    return folder


def _make_venv(folder: Path) -> None:
    """Of the Python that runs the tests, and up to date; `used` is there once it was."""
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n: >.venv/used\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    subprocess.run(["bash", "-ec", FINGERPRINT], cwd=folder, check=True)
