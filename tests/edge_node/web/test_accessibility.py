"""Every page by the rules of axe-core: WCAG 2.2 at AA and its best practices, as a person would find it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from broker import timestamps
from broker.settings import BrokerSettings
from broker.states import status
from tests.edge_node.scenes import jpeg, read
from tests.edge_node.web.desk import Desk, at_work, event, face
from tests.edge_node.web.test_live_page import play
from tests.private_broker import PrivateBroker, eventually, free_port, require_mosquitto
from tests.watcher import Watcher

PAGES = ("/", "/?text=nothing-like-it", "/live", "/charts", "/gallery", "/system", "/people/ann",
         "/devices/front-door", "/nowhere")  # fmt: skip
SIZES = ((1280, 800), (390, 844))
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast",)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Iterator[Desk]:
    """A desk with something on every page."""
    require_mosquitto()
    settings, folder = BrokerSettings(port=free_port()), tmp_path_factory.mktemp("furnished")
    with (
        PrivateBroker(settings, folder / "broker", kind="mosquitto"),
        at_work(settings, folder / "desk") as desk,
    ):
        portrait = jpeg(read(photos, "astronaut.png"), 512)
        (desk.gallery / "Authorised/Ann.jpg").write_bytes(portrait)
        (desk.gallery / "Authorised/Cat.jpg").write_bytes(b"no jpeg")
        now = timestamps.now()
        desk.write(
            *(event("Ann", at=now - timedelta(hours=hour)) for hour in range(60)),
            event("Eve", "restricted", at=now, zone="gate", test=True),
            event(at=now, muted="night"),
        )
        with Watcher(settings) as watcher:
            topics, say = watcher.topics, watcher.session.publish
            say(status(topics.device_status("front-door"), "online"))
            say(status(topics.node_status("node-1"), "offline"))
            assert eventually(lambda: desk.server._board.cameras() and desk.server._board.nodes())
            yield desk


def faults(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    found = Axe().run(page, options={"runOnly": [*rules]}).response
    assert found["passes"]
    broken = [(rule["id"], at["html"][:200]) for rule in found["violations"] for at in rule["nodes"]]
    return [f"{rule}: {html}" for rule, html in broken]


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_the_rules_by_day_and_by_night(
    page: Page, furnished: Desk, path: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(reduced_motion="reduce")
    page.goto(furnished.url + path)
    expect(page.locator("main [aria-busy]")).to_have_count(0)
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, COLOURS) == []


def test_boxes_and_questions_keep_the_rules(page: Page, desk: Desk, watcher: Watcher, photos: Path) -> None:
    portrait = jpeg(read(photos, "astronaut.png"), 512)
    (desk.gallery / "Authorised/Ann.jpg").write_bytes(portrait)
    watcher.session.publish(status(watcher.topics.device_status("door"), "online"))
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["door"])
    play(page, watcher, "door", face("authorised", "Ann", (172, 60, 110, 140)))
    expect(page.locator("figcaption .badge")).to_have_text("Ann, authorised")
    assert faults(page) == []
    page.goto(f"{desk.url}/gallery")
    page.get_by_role("button", name="Remove Ann", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page) == []


def test_the_way_in_keeps_the_rules(page: Page, locked_desk: Desk) -> None:
    page.goto(locked_desk.url)
    assert faults(page) == []
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []
