"""Charts, and the state of everything with its switches."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from broker import timestamps
from broker.publication import Publication
from broker.states import OutboxState, status
from tests.edge_node.web.desk import Desk, event
from tests.watcher import Watcher


def test_charts_count_what_is_in_the_time_chosen(page: Page, quiet_desk: Desk) -> None:
    now = timestamps.now()
    quiet_desk.write(
        *(event("Ann", at=now - timedelta(days=day, minutes=1)) for day in range(10)),
        event("Eve", "restricted", at=now - timedelta(minutes=2), device="garden"),
    )
    page.goto(f"{quiet_desk.url}/charts")
    expect(page.locator(".measure .number").first).to_have_text("7")
    page.get_by_role("radio", name="All").check()
    expect(page.locator(".measure .number").first).to_have_text("10")
    assert page.locator("#time rect.bar-authorised").count() == 10
    assert page.locator("#time rect.bar-restricted").count() == 1
    page.get_by_label("Camera").select_option("garden")
    expect(page.locator("#time rect.bar-authorised")).to_have_count(0)
    page.get_by_text("As a table").first.click()
    expect(page.locator("#time td").nth(1)).to_have_text("1")
    page.reload()
    expect(page.locator(".measure .number").nth(1)).to_have_text("1")


def test_a_camera_is_switched_off_from_the_page(page: Page, desk: Desk, watcher: Watcher) -> None:
    topics, say = watcher.topics, watcher.session.publish
    say(status(topics.device_status("garden"), "online"))
    say(Publication(topic=topics.device_enabled("garden"), payload=b"ON", qos=1, retain=True))
    page.goto(f"{desk.url}/system")
    page.get_by_role("button", name="Recognition on (garden)").click()
    asked = watcher.wait_for(lambda one: one.topic == topics.device_enabled_set("garden"))
    assert asked.payload == b"OFF"
    say(Publication(topic=topics.device_enabled("garden"), payload=b"OFF", qos=1, retain=True))
    expect(page.get_by_role("button", name="Recognition off (garden)")).to_be_focused()


def test_the_outbox_of_a_node_is_shown(page: Page, desk: Desk, watcher: Watcher) -> None:
    said = OutboxState(
        node="node-1",
        level="filling",
        waiting=1200,
        bytes=1_000_000,
        dropped=3,
        unsaved=0,
        updated_at=timestamps.now(),
    )
    watcher.session.publish(said.to_publication(watcher.topics))
    page.goto(f"{desk.url}/system")
    expect(page.get_by_text("1,200 waiting, filling, 3 given up")).to_be_visible()
