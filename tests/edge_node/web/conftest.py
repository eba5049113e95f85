"""A page at work, and a real browser before it."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from broker.settings import BrokerSettings
from edge_node.stores.folder import FolderStore
from tests.edge_node.web.desk import Desk, at_work
from tests.private_broker import PrivateBroker, free_port, require_mosquitto

collect_ignore = [] if "EDGE_WEB_SCREENSHOTS" in os.environ else ["test_screenshots.py"]

expect.set_options(timeout=15_000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; no browser is downloaded. Gone after each module: while it is there, an asyncio
    loop runs in the thread of the tests, and zeroconf would take that one for its own and wait for it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed: sudo apt install chromium")
    if find_library("atomic") is None:
        pytest.skip("libatomic is not installed, which playwright needs: sudo apt install libatomic1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A test fails with whatever the page's scripts or its policy complained of."""
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    yield page
    assert faults == []


@pytest.fixture
def desk(mosquitto: PrivateBroker, tmp_path: Path) -> Iterator[Desk]:
    with at_work(mosquitto.settings, tmp_path / "desk") as desk:
        yield desk


@pytest.fixture(scope="session")
def one_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerSettings]:
    """For tests that say nothing on it."""
    require_mosquitto()
    settings = BrokerSettings(port=free_port(), reconnect_max_seconds=1)
    with PrivateBroker(settings, tmp_path_factory.mktemp("mosquitto"), kind="mosquitto") as broker:
        yield broker.settings


@pytest.fixture
def quiet_desk(one_broker: BrokerSettings, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose broker is silent."""
    with at_work(one_broker, tmp_path / "quiet") as desk:
        yield desk


@pytest.fixture
def locked_desk(one_broker: BrokerSettings, tmp_path: Path) -> Iterator[Desk]:
    """Lets in whoever has the token."""
    token = tmp_path / "token"
    token.write_text("correct horse battery staple\n")
    with at_work(one_broker, tmp_path / "locked", token_file=token) as desk:
        yield desk


@pytest.fixture
def slow_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, list[float]]]:
    """An event without which the folder is not read, and when it was begun to be."""
    goes_on, begun, sync = threading.Event(), [], FolderStore.sync
    goes_on.set()

    def slowly(store: FolderStore) -> None:
        begun.append(time.monotonic())
        assert goes_on.wait(30)
        sync(store)

    monkeypatch.setattr(FolderStore, "sync", slowly)
    monkeypatch.setattr("edge_node.web.catalogue.WAIT_SECONDS", 15.0)
    monkeypatch.setattr("edge_node.web.catalogue.SECONDS_BETWEEN", 0.0)
    yield goes_on, begun
    goes_on.set()
