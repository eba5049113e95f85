"""Charts, and the state of everything with its switches."""

import re
from contextlib import suppress
from datetime import timedelta, timezone

from playwright.sync_api import Browser, Error, Page, Route, expect

from broker import timestamps
from broker.publication import Publication
from broker.states import OutboxState, status
from tests.edge_node.web.desk import Desk, event
from tests.private_broker import PrivateBroker, eventually
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


def test_all_the_time_is_still_chosen_after_a_reload(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann", at=timestamps.now() - timedelta(days=90)))
    page.goto(f"{quiet_desk.url}/charts")
    page.get_by_role("radio", name="All").check()
    expect(page.locator(".measure .number").first).to_have_text("1")
    page.reload()
    expect(page.locator(".measure .number").first).to_have_text("1")


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_newer_one(
    page: Page, quiet_desk: Desk
) -> None:
    now = timestamps.now()
    quiet_desk.write(event("Ann", at=now - timedelta(days=3)), event("Ann", at=now - timedelta(hours=1)))
    page.goto(f"{quiet_desk.url}/charts")
    counted = page.locator(".measure .number").first
    expect(counted).to_have_text("2")
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    def is_held() -> bool:
        page.wait_for_timeout(20)
        return held != []

    page.route(re.compile("/api/hours"), hold_the_first)
    with page.expect_request(re.compile("/api/hours")):
        page.get_by_role("radio", name="All").check()
    assert eventually(is_held)
    page.get_by_role("radio", name="24 hours").check()
    expect(counted).to_have_text("1")
    with suppress(Error):  # the page has let go of it
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(counted).to_have_text("1")


def test_a_refused_switch_can_be_tried_again(
    page: Page, desk: Desk, watcher: Watcher, mosquitto: PrivateBroker
) -> None:
    topics, say = watcher.topics, watcher.session.publish
    say(status(topics.device_status("garden"), "online"))
    say(Publication(topic=topics.device_enabled("garden"), payload=b"ON", qos=1, retain=True))
    page.goto(f"{desk.url}/system")
    switch = page.get_by_role("button", name="Recognition on (garden)")
    expect(switch).to_be_visible()
    page.route("**/api/system", lambda _route: None)  # a broker that is back would take the refusal away
    mosquitto.suspend()
    desk.server._session._connected.clear()
    switch.click()
    expect(page.locator("#refused")).to_contain_text("This did not work")
    desk.server._session._connected.set()
    mosquitto.resume()
    page.get_by_role("button", name="Try again").click()
    watcher.wait_for(lambda one: one.topic == topics.device_enabled_set("garden"))
    expect(page.locator("#refused")).to_have_text("")


def test_hours_and_days_are_those_of_a_clock_that_is_half_an_hour_off(
    browser: Browser, quiet_desk: Desk
) -> None:
    today = timestamps.now().astimezone(timezone(timedelta(hours=5, minutes=30)))
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    before = midnight - timedelta(days=1)
    quiet_desk.write(*(event("Ann", at=midnight + timedelta(minutes=minute)) for minute in (-20, -10, 10)))
    context = browser.new_context(timezone_id="Asia/Kolkata", locale="en-GB")
    page = context.new_page()
    page.goto(f"{quiet_desk.url}/charts?days=all")
    page.get_by_text("As a table").first.click()
    days = [re.compile(f"^{before.day} {before:%b}.*2"), re.compile(f"^{midnight.day} {midnight:%b}.*1")]
    expect(page.locator("#time tbody tr")).to_have_text(days)
    page.get_by_text("As a table").last.click()
    expect(page.locator("#clock tbody tr")).to_have_text([re.compile("^0:00.*1"), re.compile("^23:00.*2")])
    context.close()


def test_without_a_broker_nobody_is_called_online(
    page: Page, desk: Desk, watcher: Watcher, mosquitto: PrivateBroker
) -> None:
    watcher.session.publish(status(watcher.topics.device_status("garden"), "online"))
    page.goto(f"{desk.url}/system")
    expect(page.get_by_text("online", exact=True)).to_be_visible()
    link = page.get_by_role("link", name="garden")
    link.focus()
    mosquitto.kill()
    expect(page.get_by_text("was online")).to_be_visible()
    expect(link).to_be_focused()


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
