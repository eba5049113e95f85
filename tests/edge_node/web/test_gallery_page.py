"""The gallery in a browser: enrol by upload, see the small picture, remove with a question before it."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from broker import timestamps
from broker.states import GalleryState, PhotoProblem
from tests.edge_node.web.desk import Desk, picture
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually
from tests.watcher import Watcher


def upload(page: Page, name: str, jpeg: bytes, *, group: str = "Authorised") -> None:
    page.locator("[name=photo]").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg}
    )
    page.locator("[name=name]").fill(name)
    page.get_by_role("radio", name=group).check()
    page.get_by_role("button", name="Add", exact=True).click()


def gallery_state(*problems: PhotoProblem) -> GalleryState:
    return GalleryState(
        version="g2",
        model="m",
        people=1,
        templates=1,
        problems=[*problems],
        problem_count=len(problems),
        synced_at=timestamps.now(),
        stale=False,
        stale_reason=None,
    )


def photos(desk: Desk) -> list[str]:
    return sorted(file.parent.name for file in desk.gallery.rglob("*.jpg"))


def test_somebody_is_enrolled_by_upload_and_removed_again(page: Page, desk: Desk, watcher: Watcher) -> None:
    page.goto(f"{desk.url}/gallery")
    expect(page.get_by_text("Nobody is known yet")).to_be_visible()
    upload(page, "Zoë <i>Ødegård", picture(), group="Restricted")
    card = page.locator(".person-card")
    expect(card).to_contain_text("Zoë <i>Ødegård")
    expect(card.locator("img")).not_to_have_js_property("naturalWidth", 0)
    (file,) = (desk.gallery / "Restricted").rglob("*.jpg")
    assert file.read_bytes() == picture()
    watcher.wait_for(lambda one: one.topic == "edge/requests/reload")
    card.get_by_role("button", name="Remove Zoë").click()
    page.get_by_role("button", name="Keep").click()
    assert file.exists()
    card.get_by_role("button", name="Remove Zoë").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nobody is known yet")).to_be_visible()
    assert not file.parent.exists()
    assert eventually(lambda: len(watcher.on("edge/requests/reload")) == 2)


def test_one_photo_of_several_is_removed(page: Page, quiet_desk: Desk) -> None:
    page.goto(f"{quiet_desk.url}/gallery")
    upload(page, "Ann", picture(80))
    expect(page.locator("#enrolled")).to_contain_text("Ann is added")
    upload(page, "Ann", picture(120))
    expect(page.locator(".photos img")).to_have_count(2)
    page.get_by_role("button", name="Remove photo 1 of Ann").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".photos img")).to_have_count(1)
    assert photos(quiet_desk) == ["Ann"]


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", ".hidden", "..", "Thumbs.db", "a\u202eb"])
def test_a_name_that_no_folder_can_have_is_refused(page: Page, quiet_desk: Desk, name: str) -> None:
    page.goto(f"{quiet_desk.url}/gallery")
    upload(page, name, picture())
    expect(page.locator("#enrolled.fault")).to_contain_text("Not added")
    assert photos(quiet_desk) == []


def test_what_is_no_jpeg_is_refused_in_words(page: Page, quiet_desk: Desk) -> None:
    page.goto(f"{quiet_desk.url}/gallery")
    upload(page, "Ann", b"GIF89a and more")
    expect(page.locator("#enrolled.fault")).to_contain_text("not a JPEG")
    upload(page, "Ann", picture()[:-300])
    expect(page.locator("#enrolled.fault")).to_contain_text("cut off")
    assert photos(quiet_desk) == []


def test_a_photo_that_the_node_cannot_use_is_said_where_it_was_added(
    page: Page, desk: Desk, watcher: Watcher
) -> None:
    page.goto(f"{desk.url}/gallery")
    upload(page, "Cof Fee", picture())
    said = page.locator("#enrolled")
    expect(said).to_contain_text("Cof Fee is added")
    (file,) = desk.gallery.rglob("*.jpg")
    problem = PhotoProblem(photo=str(file.relative_to(desk.gallery)), reason="no_face")
    watcher.session.publish(gallery_state(problem).to_publication(watcher.topics))
    expect(said).to_have_text("Cof Fee is not known by this photo: no face found.")
    expect(page.locator(".person-card")).to_contain_text("no face found")


def test_a_photo_that_the_node_has_read_is_said(page: Page, desk: Desk, watcher: Watcher) -> None:
    page.goto(f"{desk.url}/gallery")
    upload(page, "Ann", picture())
    expect(page.locator("#enrolled")).to_contain_text("Ann is added")
    watcher.session.publish(gallery_state().to_publication(watcher.topics))
    expect(page.locator("#enrolled")).to_have_text("Ann is known now.")


def test_what_the_node_read_before_a_photo_came_says_nothing_of_it(
    page: Page, desk: Desk, watcher: Watcher
) -> None:
    def read_meanwhile(route: Route) -> None:
        watcher.session.publish(gallery_state().to_publication(watcher.topics))
        assert eventually(lambda: desk.server._board.gallery() is not None)
        route.continue_()

    page.goto(f"{desk.url}/gallery")
    page.route("**/api/gallery/photos?*", read_meanwhile)
    upload(page, "Ann", picture())
    expect(page.locator(".person-card")).to_contain_text("Ann")
    expect(page.get_by_text("The node knows 1 person")).to_be_visible()
    expect(page.locator("#enrolled")).to_contain_text("the node has yet to read the photo")
    watcher.session.publish(gallery_state().to_publication(watcher.topics))
    expect(page.locator("#enrolled")).to_have_text("Ann is known now.")


def test_nobody_is_called_known_who_was_removed(page: Page, desk: Desk, watcher: Watcher) -> None:
    page.goto(f"{desk.url}/gallery")
    upload(page, "Ann", picture())
    expect(page.locator("#enrolled")).to_contain_text("Ann is added")
    page.get_by_role("button", name="Remove Ann", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#enrolled")).to_have_text("")
    watcher.session.publish(gallery_state().to_publication(watcher.topics))
    expect(page.get_by_text("The node knows 1 person")).to_be_visible()
    expect(page.locator("#enrolled")).to_have_text("")


def test_the_focus_goes_to_the_next_one_when_somebody_is_removed(page: Page, quiet_desk: Desk) -> None:
    for name in ("Ann", "Bob", "Cy"):
        (quiet_desk.gallery / f"Authorised/{name}.jpg").write_bytes(picture())
    page.goto(f"{quiet_desk.url}/gallery")
    page.get_by_role("button", name="Remove Bob", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".person-card")).to_have_count(2)
    expect(page.locator(".person-card", has_text="Cy")).to_be_focused()


def test_who_was_removed_elsewhere_goes_when_they_are_removed_here(page: Page, quiet_desk: Desk) -> None:
    for name in ("Ann", "Bob"):
        (quiet_desk.gallery / f"Authorised/{name}.jpg").write_bytes(picture())
    page.goto(f"{quiet_desk.url}/gallery")
    expect(page.locator(".person-card")).to_have_count(2)
    people = "/api/gallery/people?name=Ann&group=authorised"
    assert ask(quiet_desk, people, "DELETE", Origin=quiet_desk.url)[0] == 200
    page.get_by_role("button", name="Remove Ann", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".person-card")).to_have_count(1)
    expect(page.locator("#refused")).to_contain_text("nobody of that name")


def test_a_gallery_that_is_read_late_is_shown_when_it_is(
    page: Page,
    quiet_desk: Desk,
    slow_folder: tuple[threading.Event, list[float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge_node.web.catalogue.WAIT_SECONDS", 0.5)
    goes_on, _ = slow_folder
    goes_on.clear()
    (quiet_desk.gallery / "Authorised/Ann.jpg").write_bytes(picture())
    page.clock.install()
    page.goto(f"{quiet_desk.url}/gallery")
    expect(page.locator("#state .fault")).to_contain_text("still being read")
    expect(page.get_by_text("The gallery is not read yet")).to_be_visible()
    expect(page.get_by_text("Nobody is known yet")).to_have_count(0)
    goes_on.set()
    page.clock.fast_forward(5_000)
    expect(page.locator(".person-card")).to_contain_text("Ann")
    expect(page.locator("#state .fault")).to_have_count(0)


def test_photos_that_cannot_be_used_are_listed(page: Page, quiet_desk: Desk) -> None:
    (quiet_desk.gallery / "Authorised/Bob.png").write_bytes(b"\x89PNG")
    Path(quiet_desk.gallery / "Authorised/Cy").mkdir()
    (quiet_desk.gallery / "Authorised/Cy/1.jpg").write_bytes(picture())
    page.goto(f"{quiet_desk.url}/gallery")
    expect(page.locator("#problems")).to_contain_text("Authorised/Bob.png")
    expect(page.locator("#problems")).to_contain_text("not a JPEG")
    page.get_by_role("button", name="Remove Authorised/Bob.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#problems")).to_be_hidden()
    assert not (quiet_desk.gallery / "Authorised/Bob.png").exists()
