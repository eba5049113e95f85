"""The pictures of docs/web.md, made anew with `EDGE_WEB_SCREENSHOTS=docs/screenshots`."""

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from broker import timestamps
from broker.messages import Event, Frame
from broker.states import GalleryState, NodeStats, status
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
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(quiet_desk.url)
    shoot("events-phone")


def drawn(hair: tuple[int, int, int], wall: tuple[int, int, int]) -> bytes:
    """Somebody before a wall, drawn: nobody's photo belongs into the docs. Colours are BGR."""
    picture = np.full((512, 640, 3), wall, np.uint8)
    cv2.ellipse(picture, (320, 560), (210, 190), 0, 180, 360, (120, 90, 60), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (285, 300), (355, 400), (150, 180, 225), -1)
    cv2.ellipse(picture, (320, 190), (118, 140), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 225), (92, 118), 0, 0, 360, (165, 195, 238), -1, cv2.LINE_AA)
    for eye in (284, 356):
        cv2.circle(picture, (eye, 205), 9, (60, 45, 40), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 268), (34, 20), 0, 15, 165, (90, 90, 190), 4, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def test_live_gallery_and_system(page: Page, desk: Desk, watcher: Watcher, shoot: Shoot) -> None:
    ann, zoe = drawn((40, 60, 90), (205, 215, 210)), drawn((60, 170, 215), (190, 200, 225))
    for file, jpeg in (("Authorised/Ann Lee", ann), ("Authorised/Zoë Ødegård", zoe)):
        (desk.gallery / f"{file}.jpg").write_bytes(jpeg)
    (desk.gallery / "Authorised/Cat.png").write_bytes(b"no jpeg")
    topics, say = watcher.topics, watcher.session.publish
    for device in ("front-door", "garden"):
        say(status(topics.device_status(device), "online"))
    say(status(topics.node_status("node-1"), "online"))
    say(STATS.to_publication(topics))
    say(STATE.to_publication(topics))
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door", "garden"])
    box = (212, 80, 216, 275)
    seen = {
        "front-door": (ann, face("authorised", "Ann Lee", box)),
        "garden": (zoe, face("unknown", None, box)),
    }
    for seq in range(20):
        for device, (jpeg, one) in seen.items():
            say(Frame(device=device, jpeg=jpeg, seq=seq, boot_id="boot").to_publication(topics))
            say(observation(device, seq, one, frame_size=(640, 512)).to_publication(topics))
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
    people=2,
    templates=2,
    problems=[],
    problem_count=0,
    synced_at=timestamps.now(),
    stale=False,
    stale_reason=None,
)
