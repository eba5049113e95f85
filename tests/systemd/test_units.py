"""The units are what systemd takes without a word, hardened, and start commands that exist."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
INSTALLED = "/opt/edge-node/bin/"
EXPOSURE_AT_MOST = {"edge-node": 1.1, "edge-logger": 1.1, "edge-web": 1.1, "camera-agent": 1.5}
MODULES = {"edge-node": "edge_node", "camera-agent": "camera_agent"}

units = pytest.mark.parametrize("unit", EXPOSURE_AT_MOST)
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed: sudo apt install systemd",
)


class Unit(configparser.RawConfigParser):
    """One value for each key: of a key that stands twice, the last."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False)
        self.read(FOLDER / f"{name}.service", "utf-8")

    def optionxform(self, key: str) -> str:
        return key


def test_every_unit_is_tested() -> None:
    assert {file.stem for file in FOLDER.glob("*.service")} == set(EXPOSURE_AT_MOST)


@needs_systemd
@units
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{unit}.service").read_text("utf-8")
    for program in MODULES:
        text = text.replace(f"{INSTALLED}{program} ", "/bin/true ")
    copy = tmp_path / f"{unit}.service"
    copy.write_text(text, "utf-8")
    checked = analyze("verify", "--man=no", str(copy))
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@needs_systemd
@units
def test_exposure_stays_small(unit: str) -> None:
    threshold = round(10 * EXPOSURE_AT_MOST[unit])
    rated = analyze("security", "--offline=true", f"--threshold={threshold}", str(FOLDER / f"{unit}.service"))
    assert rated.returncode == 0, rated.stdout + rated.stderr


@units
def test_its_command_is_one_of_ours(unit: str) -> None:
    program, *words = Unit(unit)["Service"]["ExecStart"].split()
    module = MODULES[program.removeprefix(INSTALLED)]
    helped = subprocess.run(
        [sys.executable, "-m", module, *words, "--help"], capture_output=True, text=True, cwd=FOLDER.parent
    )
    assert helped.returncode == 0, helped.stderr
    assert "--config" in helped.stdout


@units
def test_its_user_is_made_and_its_own(unit: str) -> None:
    user = Unit(unit)["Service"]["User"]
    assert user == unit
    assert f"\nu {user} -" in (FOLDER / "sysusers.conf").read_text("utf-8")


@units
def test_a_fault_in_the_settings_ends_it_and_nothing_else_does(unit: str) -> None:
    service = Unit(unit)["Service"]
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", "78")
    assert Unit(unit)["Unit"]["StartLimitIntervalSec"] == "0"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)
