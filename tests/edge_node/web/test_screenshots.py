"""The pictures of docs/web.md, made anew with `EDGE_WEB_SCREENSHOTS=docs/screenshots`."""

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from broker import timestamps
from broker.messages import Event, Frame
from broker.states import GalleryState, NodeStats, status
from tests.edge_node.scenes import jpeg, read
from tests.edge_node.web.desk import Desk, event, face, observation
from tests.private_broker import eventually
from tests.watcher import Watcher

FOLDER = os.environ.get("EDGE_WEB_SCREENSHOTS")
Shoot = Callable[[str], None]
PEOPLE = ("Ann Lee", "Zoë Ødegård", "Bob Tanaka", "Maya Okafor")


@pytest.fixture
def shoot(page: Page) -> Shoot:
    assert FOLDER is not None
    folder = Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)

    def shoot(name: str) -> None:
        expect(page.locator("[aria-busy]")).to_have_count(0)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}.png")

    return shoot


def household(days: int) -> list[Event]:
    """Made-up people who come and go as people do."""
    dice, now, events = random.Random(7), timestamps.now(), []
    for hour in range(24 * days):
        at = now - timedelta(hours=hour)
        busy = 6 if at.hour in (7, 8, 17, 18) else 2 if 8 < at.hour < 22 else 0
        for _ in range(dice.randrange(busy + 1)):
            person = dice.choice((*PEOPLE, *PEOPLE, None, None, None, "Some Body"))
            events.append(
                event(
                    person,
                    "restricted" if person == "Some Body" else None,
                    device=dice.choice(("front-door", "front-door", "garden", "garage")),
                    at=at - timedelta(seconds=dice.randrange(3600)),
                    similarity=dice.uniform(0.6, 0.95) if person else dice.uniform(0.1, 0.4),
                    zone=dice.choice((None, None, "gate")),
                    latency_ms=dice.randrange(20, 160),
                )
            )
    return sorted(events, key=lambda one: one.captured_at)


def test_events_and_charts(page: Page, quiet_desk: Desk, shoot: Shoot) -> None:
    quiet_desk.write(*household(30))
    page.goto(quiet_desk.url)
    shoot("events")
    page.emulate_media(color_scheme="dark")
    page.goto(f"{quiet_desk.url}/charts?days=30")
    shoot("charts-dark")
    page.emulate_media(color_scheme="light")
    page.goto(f"{quiet_desk.url}/people/ann-lee")
    shoot("person")
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(quiet_desk.url)
    shoot("events-phone")


def test_live_gallery_and_system(
    page: Page, desk: Desk, watcher: Watcher, photos: Path, shoot: Shoot
) -> None:
    portrait = jpeg(read(photos, "astronaut.png"), 512)
    (desk.gallery / "Authorised/Eileen Collins.jpg").write_bytes(portrait)
    (desk.gallery / "Authorised/Cat.png").write_bytes(b"no jpeg")
    topics, say = watcher.topics, watcher.session.publish
    for device in ("front-door", "garden"):
        say(status(topics.device_status(device), "online"))
    say(status(topics.node_status("node-1"), "online"))
    say(STATS.to_publication(topics))
    say(STATE.to_publication(topics))
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door", "garden"])
    seen = face("authorised", "Eileen Collins", (172, 60, 110, 140))
    for seq in range(20):
        for device, faces in (("front-door", [seen]), ("garden", [])):
            picture = portrait if faces else jpeg(read(photos, "coffee.png"), 512)
            say(Frame(device=device, jpeg=picture, seq=seq, boot_id="boot").to_publication(topics))
            say(observation(device, seq, *faces, frame_size=(512, 512)).to_publication(topics))
        page.wait_for_timeout(60)
    shoot("live")
    page.goto(f"{desk.url}/gallery")
    shoot("gallery")
    page.goto(f"{desk.url}/system")
    shoot("system")


STATS = NodeStats(
    node="node-1",
    uptime_seconds=90_000,
    received=412_000,
    processed=398_000,
    unchanged=301_000,
    replaced=13_800,
    rejected={"stale": 200},
    faces=12_345,
    events={"authorised": 71},
    fps=9.6,
    latency_p50_ms=38.0,
    latency_p95_ms=91.0,
)
STATE = GalleryState(
    version="g1",
    model="yunet+mobilefacenet",
    people=1,
    templates=1,
    problems=[],
    problem_count=0,
    synced_at=timestamps.now(),
    stale=False,
    stale_reason=None,
)
