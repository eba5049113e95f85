"""Charts, and the state of everything with its switches."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
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


@contextmanager
def charts(browser: Browser, desk: Desk, *, zone: str, now: datetime, days: str) -> Iterator[Page]:
    """As they are there and then, with a table of what is over time."""
    context = browser.new_context(timezone_id=zone, locale="en-GB")
    page = context.new_page()
    page.clock.set_fixed_time(now)
    page.goto(f"{desk.url}/charts?days={days}")
    page.get_by_text("As a table").first.click()
    yield page
    context.close()


def test_hours_and_days_are_those_of_a_clock_that_is_half_an_hour_off(
    browser: Browser, quiet_desk: Desk
) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    quiet_desk.write(*(event("Ann", at=midnight + timedelta(minutes=minute)) for minute in (-20, -10, 10)))
    now = midnight + timedelta(days=9)
    with charts(browser, quiet_desk, zone="Asia/Kolkata", now=now, days="all") as page:
        expect(page.locator("#time tbody tr")).to_have_text([re.compile("^1 Mar2"), re.compile("^2 Mar1")])
        page.get_by_text("As a table").last.click()
        expect(page.locator("#clock tbody tr")).to_have_text(
            [re.compile("^0:00.*1"), re.compile("^23:00.*2")]
        )


def test_the_hour_that_a_clock_shows_twice_is_two(browser: Browser, quiet_desk: Desk) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30 in Berlin, where it is 2:30 again an hour later
    quiet_desk.write(*(event("Ann", at=first + timedelta(hours=hour)) for hour in (0, 0, 1)))
    now = first + timedelta(hours=9)
    with charts(browser, quiet_desk, zone="Europe/Berlin", now=now, days="1") as page:
        expect(page.locator("#time tbody tr")).to_have_text([re.compile("02:00200"), re.compile("02:00100")])


NEW_YEAR = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "by", "first"),
    [
        (timedelta(days=300), "By day", "7 Mar 2026"),
        (timedelta(days=500), "By week", "Week of 18 Aug 2025"),
        (timedelta(days=4_000), "By month", "Jan 2016"),
        (timedelta(days=20_000), "By year", "1972"),
    ],
)
def test_all_the_time_is_all_of_it(
    browser: Browser, quiet_desk: Desk, age: timedelta, by: str, first: str
) -> None:
    quiet_desk.write(event("Ann", at=NEW_YEAR - age), event("Ann", at=NEW_YEAR - timedelta(minutes=1)))
    with charts(browser, quiet_desk, zone="UTC", now=NEW_YEAR, days="all") as page:
        expect(page.get_by_role("heading", name=by)).to_be_visible()
        rows = page.locator("#time tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_have_text(f"{first}100")
        expect(page.locator("#time text[text-anchor=middle]").first).to_have_text(
            first.removeprefix("Week of ")
        )


@pytest.mark.parametrize(
    ("now", "shown"), [(NEW_YEAR, "26 Dec 2026, 09:00"), (NEW_YEAR + timedelta(days=9), "4 Jan, 09:00")]
)
def test_the_year_is_said_where_there_are_two(
    browser: Browser, quiet_desk: Desk, now: datetime, shown: str
) -> None:
    quiet_desk.write(event("Ann", at=now - timedelta(days=6, hours=3)))
    with charts(browser, quiet_desk, zone="UTC", now=now, days="7") as page:
        expect(page.locator("#time tbody th")).to_have_text(re.compile(f" {shown}$"))


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
