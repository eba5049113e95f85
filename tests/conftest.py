"""What all tests share: the photos that set-up fetched, and a broker."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from broker.local import find_mosquitto
from broker.settings import BrokerSettings
from tests.private_broker import PrivateBroker, free_port

ROOT = Path(__file__).parent.parent

NO_INSTALL_HELPS = ("in no package registry", "this machine does not let", "came from a folder")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With `EDGE_TEST_REQUIRE_ALL`, as in CI, nothing may be skipped for want of an install."""
    report = yield
    excused = any(words in str(report.longrepr) for words in NO_INSTALL_HELPS)
    if report.skipped and not excused and os.environ.get("EDGE_TEST_REQUIRE_ALL"):
        report.outcome, report.longrepr = "failed", f"skipped where nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of real photos; `./scripts/test` fetches them, NOTICE says whose they are."""
    folder = Path(os.environ.get("EDGE_TEST_PHOTOS") or ROOT / "var/photos")
    if not (folder / "obama.jpg").exists():
        pytest.fail(f"no photos in {folder}: run ./scripts/test, which fetches them")
    return folder


@pytest.fixture
def broker_settings() -> BrokerSettings:
    """A free port of this machine, and pauses that suit a test."""
    return BrokerSettings(port=free_port(), keepalive_seconds=5, reconnect_max_seconds=1)


@pytest.fixture
def mosquitto(broker_settings: BrokerSettings, tmp_path: Path) -> Iterator[PrivateBroker]:
    """A running Mosquitto of this test alone: settings, stop, start, kill, suspend, resume."""
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: sudo apt install mosquitto")
    with PrivateBroker(broker_settings, tmp_path / "mosquitto", kind="mosquitto") as broker:
        yield broker
