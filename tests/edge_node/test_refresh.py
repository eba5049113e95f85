import logging
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.messages import EventType
from broker.states import GalleryState
from edge_node.gallery import Enrolment
from edge_node.refresh import Refresher
from edge_node.stores.folder import FolderStore
from edge_node.stores.layout import Layout
from edge_node.stores.templates import TemplateFile
from tests.edge_node.scripted_engine import MeanColour, ScriptedDetector

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class House:
    """A folder of people and a node that follows it; `restart` makes another node with the same files."""

    def __init__(self, photos: Path, folder: Path) -> None:
        self.photos, self.root, self.state = photos, folder / "people", folder / "state"
        (self.root / "Authorised").mkdir(parents=True)
        self.restart()

    def restart(self, model: str = "model") -> Refresher:
        self.detector = ScriptedDetector()
        self.templates = TemplateFile(self.state / "templates", model=model, dimension=MeanColour.dimension)
        self.refresher = Refresher(
            FolderStore(self.root, Layout()),
            self.templates,
            self.detector,
            MeanColour(),
            model=model,
            now=lambda: NOON,
        )
        return self.refresher

    def put(self, key: str, photo: str = "obama.jpg") -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.photos / photo, path)

    def groups(self) -> dict[str, str]:
        gallery = self.refresher.poll() or self.refresher.gallery
        return {person.name: person.group.value for person in gallery.people}


@pytest.fixture
def house(photos: Path, tmp_path: Path) -> House:
    return House(photos, tmp_path)


def test_a_gallery_comes_once_for_each_change(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    first = house.refresher.poll()
    assert first is not None
    assert [person.name for person in first.people] == ["Ann"]
    assert house.refresher.poll() is None
    house.put("Restricted/Bob/1.jpg", "biden.jpg")
    second = house.refresher.poll()
    assert second is not None
    assert {person.name: person.group.value for person in second.people} == {
        "Ann": "authorised",
        "Bob": "restricted",
    }
    assert house.detector.asked == 2


def test_a_deleted_person_is_forgotten_on_disk_too(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.put("Authorised/Bob.jpg", "biden.jpg")
    house.refresher.poll()
    (house.root / "Authorised/Ann.jpg").unlink()
    gallery = house.refresher.poll()
    assert gallery is not None
    assert [person.name for person in gallery.people] == ["Bob"]
    assert [one.person for one in house.templates.load()] == ["Bob"]


def test_a_restart_looks_at_nothing_again(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.put("Authorised/broken.jpg", "32bit.png")
    before = house.refresher.poll()
    assert before is not None
    refresher = house.restart()
    assert refresher.load().version == before.version
    assert refresher.poll() is None
    assert house.detector.asked == 0


def test_another_model_enrols_anew(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.refresher.poll()
    refresher = house.restart("another model")
    assert refresher.load().people == ()
    gallery = refresher.poll()
    assert gallery is not None
    assert gallery.model == "another model"
    assert len(gallery.people) == house.detector.asked == 1


def test_a_start_without_the_source_knows_everybody(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.put("Restricted/Bob.jpg", "biden.jpg")
    before = house.refresher.poll()
    assert before is not None
    house.root.rename(house.root.with_name("unmounted"))
    refresher = house.restart()
    assert refresher.load().version == before.version
    assert refresher.poll() is None
    state = refresher.state()
    assert (state.stale, state.synced_at, state.people) == (True, None, 2)
    assert state.stale_reason is not None
    assert "mount the disk" in state.stale_reason


def test_restricted_by_a_useless_photo_holds_without_the_source(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.put("Restricted/Ann.png", "32bit.png")
    assert house.groups() == {"Ann": "restricted"}
    house.root.rename(house.root.with_name("unmounted"))
    (person,) = house.restart().load().people
    assert person.group is EventType.RESTRICTED


def test_a_fault_is_a_warning_once_and_ends_with_a_word(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.put("Authorised/Ann.jpg")
    house.refresher.poll()
    caplog.clear()
    house.root.rename(house.root.with_name("unmounted"))
    for _ in range(3):
        assert house.refresher.poll() is None
    house.root.with_name("unmounted").rename(house.root)
    house.refresher.poll()
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.WARNING, logging.DEBUG, logging.DEBUG, logging.INFO]
    assert not house.refresher.state().stale


def test_the_state_says_what_is_wrong(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.put("Restricted/Ann.jpg", "biden.jpg")
    house.put("Authorised/Bob.jpg", "32bit.png")
    house.put("Authorised/notes.txt", "32bit.png")
    house.refresher.poll()
    state = house.refresher.state()
    assert {one.photo: one.reason for one in state.problems} == {
        "Authorised/Ann.jpg": "also_restricted",
        "Authorised/Bob.jpg": "not_jpeg",
        "Authorised/notes.txt": "not_jpeg",
    }
    assert (state.people, state.templates, state.problem_count) == (1, 2, 3)
    assert (state.stale, state.synced_at, state.model) == (False, NOON, "model")


def test_thousands_of_problems_fit_on_the_wire(house: House) -> None:
    for number in range(2000):
        (house.root / f"Authorised/{number} {'王' * 70}.txt").touch()
    house.refresher.poll()
    state = house.refresher.state()
    assert state.problem_count == 2000
    assert len(state.to_json()) < 65_536
    assert GalleryState.from_json(state.to_json()) == state


def test_a_full_disk_costs_the_next_start_and_no_more(
    photos: Path, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.state.parent.mkdir(exist_ok=True)
    house.state.write_text("no folder can be made here")
    house.put("Authorised/Ann.jpg")
    gallery = house.refresher.poll()
    assert gallery is not None
    assert len(gallery.people) == 1
    assert "templates are not kept" in caplog.text


def test_a_long_enrolment_is_saved_on_the_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.put("Authorised/Old.jpg")
    house.refresher.poll()
    for number in range(5):
        house.put(f"Authorised/{number}.jpg")
    saved: list[int] = []
    save = house.templates.save

    def remember(enrolments: Sequence[Enrolment]) -> None:
        saved.append(len(enrolments))
        save(enrolments)

    monkeypatch.setattr("edge_node.refresh.SAVE_EVERY", 2)
    monkeypatch.setattr(house.templates, "save", remember)
    house.refresher.poll()
    assert saved == [3, 5, 6]


def test_photos_that_are_known_are_not_saved_on_the_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        house.put(f"Authorised/{number}.jpg")
    house.refresher.poll()
    monkeypatch.setattr("edge_node.refresh.SAVE_EVERY", 2)
    prepared: list[int] = []
    monkeypatch.setattr(house.refresher, "_save", lambda enrolments: prepared.append(len(enrolments)))
    house.refresher.poll()
    assert prepared == [5]


def test_unchanged_templates_are_not_written_again(house: House) -> None:
    house.put("Authorised/Ann.jpg")
    house.refresher.poll()
    os.utime(house.state / "templates", ns=(1, 1))
    house.refresher.poll()
    house.restart().load()
    assert (house.state / "templates").stat().st_mtime_ns == 1
