"""What happens on an open page while events are logged: it follows, and nothing is taken from its reader."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from broker import timestamps
from tests.edge_node.web.desk import Desk, event
from tests.edge_node.web.test_events_page import people, shown
from tests.private_broker import eventually

HIDDEN = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def live(page: Page) -> None:
    expect(page.locator("#pulse")).to_have_text("live")


def write_until(is_so: Callable[[], bool], page: Page, desk: Desk) -> None:
    """Some events without a pause between them, and more until it is so."""
    for number in range(40):
        desk.write(event(f"P{number}"))
        page.wait_for_timeout(300)
        if number >= 6 and is_so():
            return
    raise AssertionError("not while there are news")


def test_news_on_a_slow_line_neither_starve_the_table_nor_end_what_somebody_asked_for(
    page: Page, quiet_desk: Desk
) -> None:
    quiet_desk.write(event("Ann"), event("Eve", "restricted"))
    page.goto(quiet_desk.url)
    live(page)
    slow = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    write_until(lambda: len(people(page)) > 2, page, quiet_desk)
    page.get_by_label("Type").select_option("restricted")
    write_until(lambda: people(page) == ["Eve"], page, quiet_desk)


def test_what_has_the_focus_keeps_it(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    live(page)
    link = page.get_by_role("link", name="Ann")
    link.focus()
    quiet_desk.write(event("Zoe"))
    shown(page, 2)
    expect(link).to_be_focused()
    expect(page.locator("tr.fresh td.person")).to_have_text("Zoe")


def test_the_pager_keeps_the_focus_at_the_end(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(*(event(f"P{number}") for number in range(60)))
    page.goto(quiet_desk.url)
    shown(page, 50)
    last = page.get_by_role("button", name="Last")
    last.focus()
    page.keyboard.press("Enter")
    shown(page, 10)
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    shown(page, 10)


def test_news_are_those_that_the_filters_leave(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Eve", "restricted"))
    page.goto(f"{quiet_desk.url}/?sort=person&type=restricted")
    shown(page, 1)
    live(page)
    quiet_desk.write(event("Ann"), event("Bob"), event("Eve", "restricted"))
    expect(page.locator("#news")).to_have_text("1 new event")
    expect(page.locator("#said")).to_have_text("1 new event")


def test_somebody_new_can_be_chosen_at_once(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    live(page)
    quiet_desk.write(event("Zoe", device="garden"))
    page.get_by_label("Person").select_option("Zoe")
    shown(page, 1)
    page.get_by_label("Camera").select_option("garden")
    shown(page, 1)


def test_a_page_that_nobody_sees_has_no_connection_and_catches_up(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    live(page)
    page.evaluate(HIDDEN, True)
    assert eventually(lambda: len(quiet_desk.server._broadcast) == 0)
    quiet_desk.write(event("Zoe"))
    page.evaluate(HIDDEN, False)
    live(page)
    expect(page.get_by_role("link", name="Zoe")).to_be_visible()


def test_a_session_that_has_ended_leads_to_the_login(page: Page, locked_desk: Desk) -> None:
    page.goto(locked_desk.url)
    page.get_by_label("Token").fill("correct horse battery staple")
    page.get_by_role("button", name="Log in").click()
    live(page)
    page.evaluate(HIDDEN, True)
    page.context.clear_cookies()
    page.evaluate(HIDDEN, False)
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_person_in_short_follows(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/people/ann")
    live(page)
    expect(page.locator(".tile", has_text="Authorised").locator("b")).to_have_text("1")
    quiet_desk.write(event("Zoe"), event("Ann"))
    expect(page.locator(".tile", has_text="Authorised").locator("b")).to_have_text("2")
    expect(page.locator("#said")).to_have_text("Ann, authorised, front-door")


def test_a_person_in_short_follows_whatever_the_table_shows(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/people/ann?sort=similarity&type=restricted")
    live(page)
    expect(page.locator(".tile", has_text="Authorised").locator("b")).to_have_text("1")
    quiet_desk.write(event("Ann"))
    expect(page.locator(".tile", has_text="Authorised").locator("b")).to_have_text("2")


def test_charts_follow(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann", at=timestamps.now() - timedelta(hours=2)))
    page.goto(f"{quiet_desk.url}/charts")
    expect(page.locator(".measure .number").first).to_have_text("1")
    page.get_by_text("As a table").first.click()
    assert eventually(lambda: len(quiet_desk.server._broadcast) == 1)
    quiet_desk.write(event("Ann"))
    expect(page.locator(".measure .number").first).to_have_text("2")
    assert page.locator("details").first.get_attribute("open") is not None
