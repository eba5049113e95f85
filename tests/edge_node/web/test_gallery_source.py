"""A source of photos that is slow, gone or full: the rest of the page goes on."""

import errno
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from broker.settings import BrokerSettings
from edge_node import durable
from edge_node.decode import thumbnail
from tests.edge_node.faulty_s3 import Cloud, FaultyServer, stay_silent
from tests.edge_node.web.desk import Desk, at_work, event, picture
from tests.edge_node.web.test_web_access import Answer, ask
from tests.private_broker import eventually

PHOTOS = "/api/gallery/photos"


def add(desk: Desk, name: str, jpeg: bytes, group: str = "authorised") -> Answer:
    return ask(desk, f"{PHOTOS}?name={quote(name)}&group={group}", "PUT", jpeg, Origin=desk.url)


def contents(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(desk, "/api/gallery")[2])["contents"]
    return found


def test_a_bucket_that_does_not_answer_holds_up_nobody(
    one_broker: BrokerSettings,
    tmp_path: Path,
    cloud: Cloud,
    proxy: FaultyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud.put("Authorised/Ann.jpg", picture())
    with at_work(one_broker, tmp_path / "desk", source=cloud.source()) as desk:
        assert [one["name"] for one in contents(desk)["people"]] == ["Ann"]
    proxy.fault = lambda _path: stay_silent
    monkeypatch.setattr("edge_node.web.catalogue.WAIT_SECONDS", 5.0)
    with (
        at_work(one_broker, tmp_path / "desk", source=cloud.source()) as desk,
        ThreadPoolExecutor(20) as many,
    ):
        desk.write(event("Ann"))
        asked = [many.submit(contents, desk) for _ in range(20)]
        time.sleep(0.5)
        for path in ("/api/events", "/api/names", "/api/gallery/thumbnail?key=Authorised/Ann.jpg"):
            assert ask(desk, path)[0] == 200
        assert not any(one.done() for one in asked)
        for one in asked:
            assert "still being read" in one.result()["fault"]
            assert [person["name"] for person in one.result()["people"]] == ["Ann"]


def test_one_reading_serves_all_who_wait_and_pictures_wait_for_none(
    quiet_desk: Desk, slow_folder: tuple[threading.Event, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, begun = slow_folder
    key = quote(json.loads(add(quiet_desk, "Ann", picture())[2])["key"])
    assert [one["name"] for one in contents(quiet_desk)["people"]] == ["Ann"]
    assert contents(quiet_desk)["fault"] is None
    goes_on.clear()
    begun.clear()
    with monkeypatch.context() as impatient:
        impatient.setattr("edge_node.web.catalogue.WAIT_SECONDS", 0.5)
        with ThreadPoolExecutor(10) as many:
            for found in many.map(contents, [quiet_desk] * 10):
                assert [one["name"] for one in found["people"]] == ["Ann"]
                assert "still being read" in found["fault"]
    assert ask(quiet_desk, f"/api/gallery/thumbnail?key={key}")[0] == 200
    assert len(begun) == 1
    with monkeypatch.context() as impatient:
        impatient.setattr("edge_node.web.catalogue.WAIT_SECONDS", 0.5)
        assert add(quiet_desk, "Bob", picture(120))[0] == 200
    goes_on.set()
    assert eventually(lambda: [one["name"] for one in contents(quiet_desk)["people"]] == ["Ann", "Bob"])
    assert contents(quiet_desk)["fault"] is None


class Counted:
    """The real maker of small pictures, counted."""

    def __init__(self) -> None:
        self.now = self.most = self.made = 0
        self._lock = threading.Lock()

    def __call__(self, jpeg: bytes, **limits: Any) -> bytes:
        with self._lock:
            self.now, self.made = self.now + 1, self.made + 1
            self.most = max(self.most, self.now)
        time.sleep(0.05)
        with self._lock:
            self.now -= 1
        return thumbnail(jpeg, **limits)


def small(desk: Desk, key: str) -> bytes:
    code, _, jpeg = ask(desk, f"/api/gallery/thumbnail?key={key}")
    assert code == 200
    return jpeg


@pytest.mark.parametrize(("large_pixels", "most"), [(1_000_000, 2), (1_000, 1)])
def test_small_pictures_are_made_two_at_once_of_large_ones_one_and_kept(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch, large_pixels: int, most: int
) -> None:
    keys = [quote(json.loads(add(quiet_desk, "Ann", picture(grey))[2])["key"]) for grey in range(60, 72)]
    counted = Counted()
    monkeypatch.setattr("edge_node.web.thumbnails.thumbnail", counted)
    monkeypatch.setattr("edge_node.web.thumbnails.LARGE_PIXELS", large_pixels)
    with ThreadPoolExecutor(12) as many:
        first, second = ([*many.map(partial(small, quiet_desk), keys)] for _ in range(2))
    assert first == second
    assert (counted.most, counted.made) == (most, len(keys))
    monkeypatch.setattr("edge_node.web.thumbnails.KEPT_BYTES", 2 * len(first[0]))
    small(quiet_desk, quote(json.loads(add(quiet_desk, "Ann", picture(200))[2])["key"]))
    before = counted.made
    assert small(quiet_desk, keys[0]) == first[0]
    assert counted.made == before + 1


def begun_upload(desk: Desk, name: str, length: int = 1_000_000) -> socket.socket:
    host, port = desk.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    head = (
        f"PUT {PHOTOS}?name={name}&group=authorised HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {desk.url}\r\n"
    )
    client.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + picture()[:100])
    return client


def test_a_photo_that_comes_slowly_is_taken(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.body.PART_SECONDS", 3.0)
    monkeypatch.setattr("edge_node.web.body.PART_BYTES", 50)
    slow = begun_upload(quiet_desk, "Ann", len(picture()))
    monkeypatch.setattr("edge_node.web.body.PART_SECONDS", 30.0)
    slow.sendall(picture()[100:200])
    time.sleep(3.5)
    slow.sendall(picture()[200:])
    assert slow.recv(12) == b"HTTP/1.1 200"
    slow.close()


def test_uploads_that_stand_still_hold_up_no_other(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.body.PART_SECONDS", 3.0)
    still = [begun_upload(quiet_desk, f"S{number}") for number in range(8)]
    assert add(quiet_desk, "Ben", picture())[0] == 200
    for one in still:
        assert one.recv(12) == b"HTTP/1.1 408"
        one.close()


def test_uploads_take_no_more_memory_than_there_is_for_them(
    one_broker: BrokerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.gallery.UPLOADS_BYTES", len(picture()) + 50)
    with at_work(one_broker, tmp_path / "desk") as desk:
        half = begun_upload(desk, "Cy")
        assert eventually(lambda: add(desk, "Ben", picture())[0] == 503)
        half.close()
        assert eventually(lambda: add(desk, "Ben", picture())[0] == 200)


def test_an_upload_that_breaks_off_is_nothing_to_write_about(
    quiet_desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    begun_upload(quiet_desk, "Ben").close()
    server = quiet_desk.server._server.server_state
    assert eventually(lambda: not server.tasks)
    assert ask(quiet_desk, "/api/system")[0] == 200
    assert [one for one in caplog.records if one.exc_info] == []


FAULTS: list[tuple[int, str]] = [
    (errno.ENOSPC, "make room on the disk"),
    (errno.EROFS, "mounted for reading alone"),
    (errno.EACCES, "let this user write there"),
]


@pytest.mark.parametrize(("number", "advice"), FAULTS)
def test_a_disk_that_takes_no_photo_is_said_in_words(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def write(path: Path, _chunks: object) -> None:
        raise OSError(number, "an error", str(path.with_name("tmp1234.part")))

    with monkeypatch.context() as broken:
        broken.setattr(durable, "write", write)
        code, _, answer = add(quiet_desk, "Ann", picture())
    fault = json.loads(answer)
    assert (code, fault["error"]) == (502, "not_written")
    assert advice in fault["detail"]
    assert "tmp" not in fault["detail"].replace(str(quiet_desk.gallery), "")
    assert [*(quiet_desk.gallery / "Authorised").iterdir()] == []


def test_a_gallery_without_its_groups_waits_for_the_first_photo(quiet_desk: Desk) -> None:
    for group in ("Authorised", "Restricted"):
        (quiet_desk.gallery / group).rmdir()
    found = contents(quiet_desk)
    assert (found["fault"], found["people"], found["writable"]) == (None, [], True)
    assert add(quiet_desk, "Ann", picture())[0] == 200
    assert [one["name"] for one in contents(quiet_desk)["people"]] == ["Ann"]


def test_a_gallery_that_is_gone_is_said(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.catalogue.SECONDS_BETWEEN", 0.0)
    assert add(quiet_desk, "Ann", picture())[0] == 200
    assert len(contents(quiet_desk)["people"]) == 1
    quiet_desk.gallery.rename(quiet_desk.gallery.with_name("elsewhere"))
    assert "mount the disk" in contents(quiet_desk)["fault"]
    code, _, answer = add(quiet_desk, "Bob", picture(120))
    assert (code, json.loads(answer)["error"]) == (502, "not_written")
    assert "the folder is gone" in json.loads(answer)["detail"]
    quiet_desk.gallery.mkdir()
    assert "mount the disk" in contents(quiet_desk)["fault"]
