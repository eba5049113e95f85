"""Each endpoint answers as /openapi.json says."""

import csv
import io
import json
import urllib.request
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest

from broker.states import status
from tests.edge_node.web.desk import Desk, event, picture
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually
from tests.watcher import Watcher


@pytest.fixture
def described(quiet_desk: Desk) -> dict[str, Any]:
    quiet_desk.write(event("Ann"), event(), event("=1+1", person_id="sum"))
    document: dict[str, Any] = json.loads(ask(quiet_desk, "/openapi.json")[2])
    return document


REQUESTS = [
    ("GET", "/api/events", "?sort=similarity&descending=false&limit=2&type=authorised"),
    ("GET", "/api/events.csv", "?person=ann"),
    ("GET", "/api/events.json", ""),
    ("GET", "/api/hours", "?since=2020-01-01T00:00:00Z"),
    ("GET", "/api/span", "?device=front-door"),
    ("GET", "/api/names", ""),
    ("GET", "/api/live", "?camera=front-door:0"),
    ("GET", "/api/gallery", ""),
    ("PUT", "/api/gallery/photos", "?name=Ann&group=authorised"),
    ("GET", "/api/gallery/thumbnail", "?key={key}"),
    ("DELETE", "/api/gallery/photos", "?key={key}"),
    ("DELETE", "/api/gallery/people", "?name=Ann&group=authorised"),
    ("GET", "/api/system", ""),
    ("POST", "/api/switches/{kind}/{id}", "?to=OFF"),
]


def fits(document: dict[str, Any], answer: Any, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


def enrolled(desk: Desk) -> str:
    headers = {"Origin": desk.url}
    put = ask(desk, "/api/gallery/photos?name=Ann&group=authorised", "PUT", picture(), **headers)
    return str(json.loads(put[2])["key"])


@pytest.mark.parametrize(("method", "path", "query"), REQUESTS)
def test_an_endpoint_answers_as_it_says(
    quiet_desk: Desk,
    described: dict[str, Any],
    method: str,
    path: str,
    query: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 0.1)
    operation = described["paths"][path][method.lower()]
    key = enrolled(quiet_desk) if "gallery" in path and method != "PUT" else ""
    filled = path.format(kind="nodes", id="node-1") + query.format(key=quote(key))
    body = picture() if method == "PUT" else b""
    assert eventually(lambda: quiet_desk.server._session.is_connected)
    code, headers, answer = ask(quiet_desk, filled, method, body, Origin=quiet_desk.url)
    assert code == 200, answer
    (media,) = operation["responses"]["200"]["content"]
    assert headers["content-type"].split(";")[0] == media
    schema = operation["responses"]["200"]["content"][media].get("schema")
    if schema:
        fits(described, json.loads(answer), schema)


def test_every_endpoint_is_described_and_tried(described: dict[str, Any]) -> None:
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert told == {(method, path) for method, path, _ in REQUESTS} | {("GET", "/api/events/stream")}


def test_every_operation_has_a_name_of_its_own_and_parts_are_described(described: dict[str, Any]) -> None:
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in operations]
    assert len({*names}) == len(names)
    assert {"get_events", "get_events_csv", "put_gallery_photos", "post_switches_kind_id"} <= {*names}
    assert "Caption" in described["components"]["schemas"]
    (camera,) = described["paths"]["/api/live"]["get"]["parameters"]
    assert (camera["schema"]["type"], camera["schema"]["items"]) == ("array", {"type": "string"})


@pytest.mark.parametrize(("method", "path"), [("put", "photos"), ("delete", "people")])
def test_a_group_is_one_that_photos_can_be_in(
    quiet_desk: Desk, described: dict[str, Any], method: str, path: str
) -> None:
    parameters = described["paths"][f"/api/gallery/{path}"][method]["parameters"]
    (group,) = (one["schema"] for one in parameters if one["name"] == "group")
    assert sorted(group["enum"]) == ["authorised", "restricted"]
    asked = f"/api/gallery/{path}?name=Ann&group=unknown"
    code, _, answer = ask(quiet_desk, asked, method.upper(), picture(), Origin=quiet_desk.url)
    assert (code, json.loads(answer)["error"]) == (400, "bad_parameter")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/api/events.csv", "GET"),
        ("HEAD", "/api/events/stream", "GET"),
        ("POST", "/api/events", "GET"),
        ("GET", "/api/gallery/photos", "DELETE, PUT"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("PUT", "/static/page.css", "GET, HEAD"),
    ],
)
def test_what_an_endpoint_does_not_do_is_refused_with_what_it_does(
    quiet_desk: Desk, method: str, path: str, allowed: str
) -> None:
    code, headers, answer = ask(quiet_desk, path, method, Origin=quiet_desk.url)
    assert (code, headers["allow"], headers["content-type"]) == (405, allowed, "application/json")
    assert method == "HEAD" or json.loads(answer)["error"] == "bad_method"


def test_a_page_that_never_begins_to_listen_takes_no_place(quiet_desk: Desk) -> None:
    broadcast = quiet_desk.server._broadcast
    unheard = [broadcast.listen() for _ in range(200)]
    with urllib.request.urlopen(f"{quiet_desk.url}/api/events/stream", timeout=10) as stream:
        assert stream.readline() == b"retry: 2000\n"
        assert len(broadcast) == 1
    assert eventually(lambda: len(broadcast) == 0)
    assert len(unheard) == 200


def test_no_more_pages_listen_than_there_are_places(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.broadcast.PAGES_AT_MOST", 1)
    with urllib.request.urlopen(f"{quiet_desk.url}/api/events/stream", timeout=10) as stream:
        assert stream.readline() == b"retry: 2000\n"
        assert ask(quiet_desk, "/api/events/stream")[0] == 503
    assert eventually(lambda: len(quiet_desk.server._broadcast) == 0)
    with urllib.request.urlopen(f"{quiet_desk.url}/api/events/stream", timeout=10) as stream:
        assert stream.readline() == b"retry: 2000\n"


def test_a_bug_is_a_fault_too_and_in_the_log(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(quiet_desk.server._board, "nodes", lambda: 1 // 0)
    code, headers, answer = ask(quiet_desk, "/api/system")
    assert (code, json.loads(answer)["error"]) == (500, "bug")
    assert headers["x-content-type-options"] == "nosniff"
    assert "ZeroDivisionError" in caplog.text


def test_empty_parameters_are_as_if_not_there(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 0.1)
    assert ask(quiet_desk, "/api/live?camera=a:0&camera=")[0] == 200
    assert ask(quiet_desk, "/api/live?camera=")[0] == 400


@pytest.mark.parametrize(
    ("path", "code", "error"),
    [
        ("/api/events?limit=501", 400, "bad_parameter"),
        ("/api/events?limit=x", 400, "bad_parameter"),
        ("/api/events?sort=colour", 400, "bad_parameter"),
        ("/api/events?since=yesterday", 400, "bad_parameter"),
        ("/api/events?since=2026-01-01T00:00:00", 400, "bad_parameter"),
        ("/api/events?device=A%20B", 400, "bad_parameter"),
        ("/api/live", 400, "bad_parameter"),
        ("/api/gallery/thumbnail?key=Authorised/Nobody.jpg", 404, "no_photo"),
        ("/api/nothing", 404, "no_endpoint"),
        ("/api/events?text=%ED%A0%80", 400, "bad_parameter"),
    ],
)
def test_a_refusal_is_a_fault_in_words(
    quiet_desk: Desk, described: dict[str, Any], path: str, code: int, error: str
) -> None:
    status_code, _, answer = ask(quiet_desk, path)
    fault = json.loads(answer)
    assert (status_code, fault["error"]) == (code, error)
    fits(described, fault, {"$ref": "#/components/schemas/Fault"})


@pytest.mark.usefixtures("described")
def test_exports_hold_everything_that_is_filtered(quiet_desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(ask(quiet_desk, "/api/events.csv")[2].decode())))
    assert sorted(row["person"] for row in rows) == ["", "'=1+1", "Ann"]
    exported = json.loads(ask(quiet_desk, "/api/events.json?person=sum")[2])
    assert [one["person"] for one in exported] == ["=1+1"]
    assert "attachment" in ask(quiet_desk, "/api/events.json")[1]["content-disposition"]


@pytest.mark.parametrize("path", ["/api/events", "/api/events.csv", "/api/events.json", "/api/names"])
def test_a_log_that_cannot_be_read_is_said_until_it_can(quiet_desk: Desk, path: str) -> None:
    quiet_desk.log.mkdir()
    code, _, answer = ask(quiet_desk, path)
    fault = json.loads(answer)
    assert (code, fault["error"]) == (503, "no_log")
    assert "events.jsonl" in fault["detail"]
    quiet_desk.log.rmdir()
    quiet_desk.write(event("Ann"))
    code, _, answer = ask(quiet_desk, path)
    assert code == 200
    assert b"Ann" in answer


def test_a_switch_is_asked_for_on_mqtt(desk: Desk, watcher: Watcher) -> None:
    assert eventually(lambda: desk.server._session.is_connected)
    path = "/api/switches/devices/front-door?to=OFF"
    assert ask(desk, path, "POST", Origin=desk.url)[0] == 200
    heard = watcher.wait_for(lambda one: one.topic == "edge/devices/front-door/enabled/set")
    assert (heard.payload, heard.retain) == (b"OFF", False)


def test_the_system_is_what_was_said_on_mqtt(desk: Desk, watcher: Watcher) -> None:
    watcher.session.publish(status(watcher.topics.node_status("node-1"), "online"))
    watcher.session.publish(status(watcher.topics.device_status("garden"), "offline"))

    def said() -> tuple[Any, Any]:
        system = json.loads(ask(desk, "/api/system")[2])
        return [(one["id"], one["status"]) for one in system["nodes"]], [
            (one["id"], one["status"]) for one in system["cameras"]
        ]

    assert eventually(lambda: said() == ([("node-1", "online")], [("garden", "offline")]))
    assert json.loads(ask(desk, "/api/system")[2])["broker"]["connected"] is True
