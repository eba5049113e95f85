"""What all tests share: the photos that set-up fetched, the models of the checkout, and a broker."""

import fcntl
import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from broker.settings import BrokerSettings
from edge_node.engine_settings import ModelsSettings
from edge_node.models.install import Models
from edge_node.models.sources import UnavailableError
from tests.installation import Site, running
from tests.private_broker import PrivateBroker, free_port, require_mosquitto
from tests.watcher import Watcher

ROOT = Path(__file__).parent.parent
KEPT_IN = ROOT / "var/state/models"

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")

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


@pytest.fixture(scope="session")
def models() -> Models:
    """What package registries have, and YuNet where `EDGE_MODELS_DIR` has it."""
    models = Models(KEPT_IN, ModelsSettings().folder())
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    with (KEPT_IN / "lock").open("w") as lock:
        # Tests run in several processes, and one of them is to fetch.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            models.install("dlib_resnet")
            models.install("centerface")
        except UnavailableError as reason:
            pytest.fail(f"the tests need the models: {reason}")
        models.find("yunet")
    return models


@pytest.fixture
def broker_settings() -> BrokerSettings:
    """A free port of this machine, and pauses that suit a test."""
    return BrokerSettings(port=free_port(), keepalive_seconds=5, reconnect_max_seconds=1)


@pytest.fixture
def mosquitto(broker_settings: BrokerSettings, tmp_path: Path) -> Iterator[PrivateBroker]:
    """A running Mosquitto of this test alone: settings, stop, start, kill, suspend, resume."""
    require_mosquitto()
    with PrivateBroker(broker_settings, tmp_path / "mosquitto", kind="mosquitto") as broker:
        yield broker


@pytest.fixture
def watcher(mosquitto: PrivateBroker) -> Iterator[Watcher]:
    """Hears everything on that Mosquitto."""
    with Watcher(mosquitto.settings) as watcher:
        yield watcher


@pytest.fixture
def multicast_dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The machine has one; tests in other processes wait their turn."""
    with (tmp_path_factory.getbasetemp().parent / "multicast-dns").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd listens to whatever is started from here on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = tmp_path / "notify"
        listener.bind(str(path))
        listener.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield listener


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The configuration of an installation, at work."""
    require_mosquitto()
    with running(tmp_path_factory.mktemp("etc"), tmp_path_factory.mktemp("state")) as site:
        yield site
