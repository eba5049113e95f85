"""The table of events in a browser: filters, order, pages, news."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.edge_node.web.desk import Desk, event

MARKUP = "<img src=x onerror=document.title='owned'><b>Bob</b>"


def people(page: Page) -> list[str]:
    return page.locator("td.person").all_inner_texts()


def shown(page: Page, count: int) -> None:
    expect(page.locator("tbody tr")).to_have_count(count)


def test_events_are_filtered_and_the_address_says_how(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"), event("Zoe", device="garden"), event(), event("Eve", "restricted"))
    page.goto(quiet_desk.url)
    shown(page, 4)
    page.get_by_label("Type").select_option("restricted")
    shown(page, 1)
    expect(page).to_have_url(re.compile(r"\?type=restricted$"))
    page.reload()
    shown(page, 1)
    assert people(page) == ["Eve"]
    page.get_by_role("button", name="Clear").first.click()
    shown(page, 4)
    page.get_by_label("Camera").select_option("garden")
    shown(page, 1)
    page.go_back()
    shown(page, 4)
    page.get_by_label("Search").fill("an")
    shown(page, 1)
    page.get_by_label("Search").fill("nobody of that name")
    expect(page.get_by_text("No event matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_label("Person").select_option("Zoe")
    shown(page, 1)


def test_a_time_range_leaves_what_is_in_it(page: Page, quiet_desk: Desk) -> None:
    morning = datetime(2026, 3, 1, 8, tzinfo=UTC)
    quiet_desk.write(*(event(f"P{hour}", at=morning + timedelta(hours=hour)) for hour in range(6)))
    page.goto(quiet_desk.url)
    shown(page, 6)
    local = [(morning + timedelta(hours=hour)).astimezone().strftime("%Y-%m-%dT%H:%M") for hour in (2, 4)]
    page.get_by_label("From").fill(local[0])
    page.get_by_label("Until").fill(local[1])
    shown(page, 2)
    assert people(page) == ["P3", "P2"]


@pytest.mark.parametrize(
    ("zone", "since", "field"),
    [
        ("America/New_York", "2026-03-01T10:00:00Z", "2026-03-01T05:00"),
        ("Asia/Kolkata", "2026-03-01T10:00:00.000Z", "2026-03-01T15:30"),
        ("Asia/Kolkata", "2026-03-01T11:00:30%2B01:00", "2026-03-01T15:30:30"),
        ("Europe/Berlin", "2026-03-01T11:00", "2026-03-01T11:00"),
    ],
)
def test_a_link_with_a_time_shows_the_same_everywhere(
    browser: Browser, quiet_desk: Desk, zone: str, since: str, field: str
) -> None:
    morning = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    quiet_desk.write(*(event(f"P{hour}", at=morning + timedelta(hours=hour)) for hour in range(6)))
    context = browser.new_context(timezone_id=zone, locale="en-GB")
    page = context.new_page()
    page.goto(f"{quiet_desk.url}/?since={since}")
    shown(page, 4)
    expect(page.get_by_label("From")).to_have_value(field)
    page.get_by_label("Type").select_option("authorised")
    expect(page).to_have_url(re.compile(r"since=2026-03-01T10%3A00%3A[03]0\.000Z$"))
    shown(page, 4)
    context.close()


def test_any_column_sorts_both_ways(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Bob", similarity=0.6), event("Ann", similarity=0.9), event("Zoe", similarity=0.7))
    page.goto(quiet_desk.url)
    shown(page, 3)
    for column, first in (("Person", "Ann"), ("Similarity", "Ann")):
        page.get_by_role("button", name=column, exact=True).click()
        expect(page.locator("td.person").first).to_have_text(first)
        page.get_by_role("button", name=column, exact=True).click()
        expect(page.locator("td.person").first).not_to_have_text(first)
    expect(page.get_by_role("columnheader", name="Similarity")).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile("order=ascending"))


def test_pages_turn_to_the_last_one(page: Page, quiet_desk: Desk) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    quiet_desk.write(*(event(f"P{n:03}", at=start + timedelta(minutes=n)) for n in range(120)))
    page.goto(quiet_desk.url)
    expect(page.locator("#place")).to_have_text("1\u201350")
    page.get_by_role("button", name="Last").click()
    expect(page.locator("#place")).to_have_text("101\u2013120")
    assert people(page)[-1] == "P000"
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#place")).to_have_text("51\u2013100")
    assert people(page)[0] == "P069"


def test_an_event_appears_as_it_is_logged_and_is_said_aloud(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    shown(page, 1)
    expect(page.locator("#pulse")).to_have_text("live")
    quiet_desk.write(event("Zoe", device="garden"))
    expect(page.locator("tr.fresh td.person")).to_have_text("Zoe")
    expect(page.locator("#said")).to_have_text("Zoe, authorised, garden")


def test_news_wait_behind_a_button_while_another_page_is_read(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/?sort=person")
    shown(page, 1)
    expect(page.locator("#pulse")).to_have_text("live")
    quiet_desk.write(event("Zoe"))
    page.get_by_role("button", name="1 new event").click()
    shown(page, 2)
    assert people(page)[0] == "Zoe"


def test_a_name_with_markup_in_it_stays_text(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event(MARKUP, person_id="bob"))
    page.goto(quiet_desk.url)
    expect(page.locator("td.person")).to_have_text(MARKUP)
    page.get_by_role("link", name=MARKUP).click()
    expect(page.locator("h1")).to_have_text(MARKUP)
    assert page.locator("main img, h1 b").count() == 0
    assert page.title() != "owned"


def test_a_person_and_a_camera_have_pages_of_their_own(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"), event("Ann", device="garden"), event("Zoe"), event())
    page.goto(quiet_desk.url)
    page.get_by_role("link", name="Ann").first.click()
    shown(page, 2)
    expect(page.locator("h1")).to_have_text("Ann")
    expect(page.locator("#span .tile").first).to_contain_text("Last seen")
    page.get_by_role("link", name="garden").click()
    expect(page.locator("h1")).to_have_text("garden")
    shown(page, 1)


def test_a_filter_that_no_list_offers_holds_all_the_same(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/?device=nowhere")
    expect(page.get_by_text("No event matches")).to_be_visible()
    expect(page.get_by_label("Camera")).to_have_value("nowhere")


def test_a_page_behind_the_last_one_is_the_last_one(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(*(event() for _ in range(60)))
    page.goto(f"{quiet_desk.url}/?offset=100000")
    expect(page.locator("#place")).to_have_text("51\u201360")
    expect(page).to_have_url(re.compile(r"\?offset=50$"))


@pytest.mark.parametrize("wrong", ["offset=1.5", "offset=-3", "sort=bogus", "offset=x"])
def test_an_address_that_makes_no_sense_is_the_plain_one(page: Page, quiet_desk: Desk, wrong: str) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/?{wrong}")
    shown(page, 1)


@pytest.mark.parametrize(
    "wrong", ["device=a/b", "since=yesterday", "until=1700000000", "since=2026-13-01T00:00Z"]
)
def test_a_filter_that_cannot_be_is_said_with_a_way_out(page: Page, quiet_desk: Desk, wrong: str) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(f"{quiet_desk.url}/?{wrong}")
    expect(page.get_by_text("There is no such filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    shown(page, 1)
    expect(page.get_by_label("Search")).to_be_focused()


def test_a_year_that_nobody_can_mean_is_said(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    shown(page, 1)
    page.get_by_label("From").evaluate("field => field.value = '20266-01-01T10:00'")
    page.get_by_label("From").dispatch_event("input")
    expect(page.get_by_text("There is no such filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    shown(page, 1)


def test_typing_is_one_step_back(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"), event("Zoe"))
    page.goto(quiet_desk.url)
    shown(page, 2)
    steps = page.evaluate("history.length")
    page.get_by_label("Search").press_sequentially("ann", delay=250)
    shown(page, 1)
    assert page.evaluate("history.length") == steps


def test_an_empty_log_says_so(page: Page, quiet_desk: Desk) -> None:
    page.goto(quiet_desk.url)
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()


def test_a_log_that_is_being_read_is_waited_for(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    shares = ["12%", "73%"]

    def answer(route: Route) -> None:
        if shares:
            detail = f"the log is being read: {shares[0]}"
            route.fulfill(status=503, json={"error": "reading", "detail": detail})
        else:
            route.continue_()

    page.route("**/api/names", answer)
    page.goto(quiet_desk.url)
    while shares:
        expect(page.locator("#wait")).to_have_text(f"The log is being read: {shares[0]}")
        del shares[0]
    expect(page.locator("#wait")).to_be_hidden()
    shown(page, 1)


def test_who_filters_before_the_names_are_there_keeps_what_was_typed(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"), event("Zoe"))
    held: list[Route] = []
    page.route("**/api/names", lambda route: held.append(route))
    page.goto(quiet_desk.url)
    shown(page, 2)
    page.get_by_label("Search").fill("zoe")
    shown(page, 1)
    for route in held:
        route.continue_()
    expect(page.get_by_label("Person").locator("option")).to_have_text(["Everybody", "Ann", "Zoe"])
    expect(page.get_by_label("Search")).to_have_value("zoe")
    shown(page, 1)


def test_a_server_that_is_gone_is_said_with_a_way_to_try_again(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    page.goto(quiet_desk.url)
    shown(page, 1)
    page.route("**/api/events?*", lambda route: route.abort())
    page.get_by_role("button", name="Person", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.unroute("**/api/events?*")
    page.get_by_role("button", name="Try again").click()
    shown(page, 1)


def test_the_keyboard_reaches_filters_and_order(page: Page, quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"), event("Zoe"))
    page.goto(quiet_desk.url)
    shown(page, 2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("zoe")
    shown(page, 1)
    page.get_by_role("button", name="Person", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("button", name="Person", exact=True)).to_be_focused()


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(246, 245, 241)"), ("dark", "rgb(21, 23, 26)")])
def test_the_page_follows_day_and_night(
    page: Page, quiet_desk: Desk, scheme: Literal["light", "dark"], ground: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(quiet_desk.url)
    bright = page.locator("html").evaluate("page => getComputedStyle(page).backgroundColor")
    assert bright == ground


@pytest.mark.parametrize("path", ["/", "/live", "/charts", "/gallery", "/system", "/people/ann", "/nowhere"])
def test_a_phone_need_not_scroll_sideways(page: Page, quiet_desk: Desk, path: str) -> None:
    quiet_desk.write(event("Ann"), event("A" * 128, person_id="a"), event(device="d" * 64))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(quiet_desk.url + path)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
