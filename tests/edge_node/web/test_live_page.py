"""Live pictures: boxes in the right colour at the right place, and a server that keeps one frame a camera."""

import json
import re
import struct
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from broker.messages import ObservedFace
from broker.publication import Publication
from broker.states import status
from edge_node.settings import FeedSettings
from tests.edge_node.web.desk import GREY, SIZE, Desk, at_work, face, frame, observation, picture
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

GREEN, RED, AMBER = (30, 160, 80), (205, 40, 45), (255, 180, 0)
PIXEL = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3)"


def announce(watcher: Watcher, device: str) -> None:
    watcher.session.publish(status(watcher.topics.device_status(device), "online"))


def play(
    page: Page, watcher: Watcher, device: str, *faces: ObservedFace, frame_size: tuple[int, int] = SIZE
) -> None:
    """Frames and what is seen on them, until the page shows both together."""
    canvas = page.locator(f"canvas[data-device={device}]")
    for seq in range(300):
        seen = observation(device, seq, *faces, frame_size=frame_size)
        watcher.session.publish(frame(device, seq).to_publication(watcher.topics))
        watcher.session.publish(seen.to_publication(watcher.topics))
        page.wait_for_timeout(50)
        if canvas.get_attribute("data-matched") == "true":
            return
    raise AssertionError("frames and observations never met on the page")


def pixel(page: Page, device: str, x: int, y: int) -> tuple[int, ...]:
    return tuple(page.locator(f"canvas[data-device={device}]").evaluate(PIXEL, [x, y]))


def is_near(colour: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(colour, wanted, strict=True))


def test_boxes_are_drawn_where_the_faces_are_in_the_colour_of_the_type(
    page: Page, desk: Desk, watcher: Watcher
) -> None:
    announce(watcher, "front-door")
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door"])
    faces = (
        face("authorised", "Ann", (100, 100, 80, 100)),
        face("restricted", "Eve <b>", (300, 100, 80, 100)),
        face("unknown", None, (500, 100, 80, 100)),
    )
    play(page, watcher, "front-door", *faces)
    names = page.locator("figcaption .badge").all_inner_texts()
    assert names == ["Ann, authorised", "Eve <b>, restricted", "Unknown"]
    expect(page.locator("canvas")).to_have_attribute(
        "aria-label", "front-door: Ann, authorised; Eve <b>, restricted; Unknown"
    )
    for left, colour in ((100, GREEN), (300, RED), (500, AMBER)):
        assert is_near(pixel(page, "front-door", left, 170), colour)
        assert is_near(pixel(page, "front-door", left + 80, 170), colour)
        assert is_near(pixel(page, "front-door", left + 40, 200), colour)
        assert is_near(pixel(page, "front-door", left + 40, 150), (GREY,) * 3)
    assert is_near(pixel(page, "front-door", 250, 150), (GREY,) * 3)


def test_boxes_scale_with_a_picture_of_another_size(page: Page, desk: Desk, watcher: Watcher) -> None:
    announce(watcher, "garden")
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["garden"])
    play(page, watcher, "garden", face("authorised", "Ann", (200, 200, 160, 200)), frame_size=(1280, 720))
    assert is_near(pixel(page, "garden", 100, 170), GREEN)
    assert is_near(pixel(page, "garden", 180, 170), GREEN)


def test_frames_are_fetched_only_while_somebody_looks(
    page: Page, desk: Desk, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.cameras.LEASE_SECONDS", 0.2)
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 0.5)
    announce(watcher, "front-door")
    page.goto(desk.url)
    assert desk.server.watched == []
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door"])
    page.goto(desk.url)
    assert eventually(lambda: desk.server.watched == [])


def test_an_old_picture_is_not_taken_for_the_present(
    page: Page, desk: Desk, watcher: Watcher, mosquitto: PrivateBroker
) -> None:
    announce(watcher, "front-door")
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door"])
    play(page, watcher, "front-door", face("authorised", "Ann", (100, 100, 80, 100)))
    figure = page.locator("figure")
    expect(figure).to_contain_text("Ann")
    expect(figure).to_have_class(re.compile("old"))
    expect(figure).to_contain_text(re.compile(r"\d+ s ago"))
    expect(figure).not_to_contain_text("Ann")
    expect(page.locator("canvas")).to_have_attribute("aria-label", "front-door: no new picture")
    mosquitto.kill()
    expect(page.get_by_role("alert")).to_contain_text("No broker")


def test_cameras_that_are_gone_go_and_those_that_come_stand_in_order(
    page: Page, desk: Desk, watcher: Watcher
) -> None:
    announce(watcher, "garden")
    page.goto(f"{desk.url}/live")
    expect(page.locator("figure")).to_have_count(1)
    announce(watcher, "attic")
    expect(page.locator("figcaption a")).to_have_text(["attic", "garden"])
    topic = watcher.topics.device_status("garden")
    watcher.session.publish(Publication(topic=topic, payload=b"", qos=1, retain=True))
    expect(page.locator("figcaption a")).to_have_text(["attic"])


def test_it_is_said_when_no_node_looks(page: Page, desk: Desk, watcher: Watcher) -> None:
    announce(watcher, "garden")
    topics, say = watcher.topics, watcher.session.publish
    say(status(topics.node_status("node-1"), "online"))
    say(Publication(topic=topics.node_enabled("node-1"), payload=b"OFF", qos=1, retain=True))
    page.goto(f"{desk.url}/live")
    expect(page.locator("figure")).to_contain_text("recognition is off")


def test_names_stay_within_the_picture(page: Page, desk: Desk, watcher: Watcher) -> None:
    announce(watcher, "front-door")
    page.goto(f"{desk.url}/live")
    assert eventually(lambda: desk.server.watched == ["front-door"])
    faces = (
        face("authorised", "Ann", (-30, 100, 80, 100)),
        face("restricted", "Bartholomew " * 9, (600, 250, 80, 100)),
    )
    play(page, watcher, "front-door", *faces)
    assert is_near(pixel(page, "front-door", 2, 84), GREEN)
    assert is_near(pixel(page, "front-door", 20, 234), RED)
    assert is_near(pixel(page, "front-door", 637, 234), RED)


def test_feeds_of_other_programs_are_shown_with_their_boxes(
    page: Page, mosquitto: PrivateBroker, tmp_path: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.cameras.LEASE_SECONDS", 30.0)
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 0.5)
    feeds = [FeedSettings(topic="frigate/{device}/snapshot", device="frigate-{device}")]
    snapshot = Publication(topic="frigate/Back Yard/snapshot", payload=picture())
    seen = observation("frigate-back-yard", 0, face("restricted", "Eve", (200, 100, 80, 100)))
    with at_work(mosquitto.settings, tmp_path / "desk", feeds=feeds) as desk:
        for device in ("frigate-back-yard", "frigate-shed"):
            announce(watcher, device)
        page.goto(f"{desk.url}/live")
        assert eventually(lambda: len(desk.server.watched) == 2)
        canvas = page.locator("canvas[data-device=frigate-back-yard]")

        def is_bare() -> bool:
            watcher.session.publish(snapshot)  # the page may not have subscribed yet
            page.wait_for_timeout(500)
            return canvas.get_attribute("data-matched") == "false"

        assert eventually(is_bare)
        watcher.session.publish(replace(seen, seq=None, boot_id=None).to_publication(watcher.topics))
        expect(canvas).to_have_attribute("data-matched", "true")
        assert is_near(pixel(page, "frigate-back-yard", 200, 170), RED)
        monkeypatch.setattr("edge_node.web.cameras.LEASE_SECONDS", 0.2)
        page.goto(desk.url)
        assert eventually(lambda: desk.server.watched == [])


def fetch(url: str) -> list[tuple[dict[str, object], bytes]]:
    """What /api/live answers, taken apart."""
    with urllib.request.urlopen(url, timeout=15) as answer:
        rest = answer.read()
    parts = []
    while rest:
        (length,) = struct.unpack_from(">I", rest)
        parts.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return [(json.loads(caption), jpeg) for caption, jpeg in zip(parts[::2], parts[1::2], strict=True)]


def test_a_slow_browser_gets_the_newest_frame_and_no_other(
    desk: Desk, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.cameras.LEASE_SECONDS", 30.0)
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 15.0)
    live = f"{desk.url}/api/live?camera=front-door:"
    with ThreadPoolExecutor(1) as aside:
        fetching = aside.submit(fetch, f"{live}0")
        desk.show(watcher, frame("front-door", 0))
        ((first, _),) = fetching.result()
    for seq in range(1, 40):
        watcher.session.publish(frame("front-door", seq).to_publication(watcher.topics))
        time.sleep(0.01)
    assert eventually(lambda: desk.newest("front-door") == 39)
    ((latest, jpeg),) = fetch(f"{live}{first['number']}")
    assert latest["seq"] == 39
    assert jpeg == picture()


@pytest.mark.parametrize("camera", ["../x:0", "front-door", "front-door:x", "UPPER:0"])
def test_what_names_no_camera_is_refused(desk: Desk, camera: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        fetch(f"{desk.url}/api/live?camera={camera}")
