"""Who is let in, from where, and what a browser is told to refuse."""

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Page, expect

from broker.settings import BrokerSettings
from edge_node.__main__ import main
from edge_node.web.settings import WebSettings
from tests.edge_node.web.desk import Desk, at_work, event, picture

TOKEN = "correct horse battery staple"
RIGHT = f"token={TOKEN.replace(' ', '+')}".encode()
Answer = tuple[int, dict[str, str], bytes]


def ask(
    desk: Desk, path: str, method: str = "GET", body: bytes = b"", token: str | None = None, **headers: str
) -> Answer:
    place = urlsplit(desk.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    connection.request(method, path, body, headers | shown)
    answer = connection.getresponse()
    said = answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
    connection.close()
    return said


def test_without_a_token_there_is_a_login_page_and_nothing_else(page: Page, locked_desk: Desk) -> None:
    locked_desk.write(event("Ann"))
    page.goto(f"{locked_desk.url}/?type=authorised")
    expect(page).to_have_title("Log in · Edge node")
    assert "Ann" not in page.content()
    page.get_by_label("Token").fill("not the token at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This is not the token.")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("td.person")).to_have_text("Ann")
    assert page.url.endswith("/?type=authorised")
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert TOKEN not in cookie["value"]
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_title("Log in · Edge node")
    page.goto(locked_desk.url)
    expect(page).to_have_title("Log in · Edge node")


@pytest.mark.parametrize(
    "path", ["/api/events", "/api/live?camera=a:0", "/openapi.json", "/api/gallery", "/"]
)
def test_every_endpoint_asks_for_the_token(locked_desk: Desk, path: str) -> None:
    assert ask(locked_desk, path)[0] == 401
    assert ask(locked_desk, path, token="wrong" * 5)[0] == 401


def test_wrong_tokens_are_slowed_and_the_right_one_is_taken_at_any_time(locked_desk: Desk) -> None:
    for number in range(5):
        code, headers, answer = ask(locked_desk, "/api/events", token=f"guess number {number}")
        assert (code, json.loads(answer)["error"]) == (401, "wrong_token")
        assert headers["www-authenticate"] == "Bearer"
    code, headers, answer = ask(locked_desk, "/api/events", token="guess number 6")
    assert (code, json.loads(answer)["error"], headers["retry-after"]) == (429, "wrong_token", "60")
    assert ask(locked_desk, "/api/events", token=TOKEN)[0] == 200
    change = "/api/gallery/photos?name=Ann&group=authorised"
    assert ask(locked_desk, change, "PUT", picture(), token=TOKEN)[0] == 200
    origin = {"Origin": locked_desk.url}
    assert ask(locked_desk, "/login", "POST", b"token=wrong", **origin)[0] == 429
    assert ask(locked_desk, "/login", "POST", RIGHT, **origin)[0] == 303


def test_without_a_token_the_answer_says_how_to_show_one(locked_desk: Desk) -> None:
    code, headers, answer = ask(locked_desk, "/api/events")
    assert (code, json.loads(answer)["error"]) == (401, "no_token")
    assert headers["www-authenticate"] == "Bearer"


def test_behind_a_proxy_with_tls_people_log_in_and_change_things(
    one_broker: BrokerSettings, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    seen = {"Host": "hub.local", "Origin": "https://hub.local"}
    with at_work(one_broker, tmp_path / "desk", token_file=tmp_path / "token", names=["hub.local"]) as desk:
        code, headers, _ = ask(desk, "/login", "POST", RIGHT, None, **seen)
        assert code == 303
        cookie = headers["set-cookie"]
        assert cookie.startswith("__Host-edge_web=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
        seen["Cookie"] = cookie.split(";")[0]
        change = "/api/gallery/photos?name=Ann&group=authorised"
        assert ask(desk, change, "PUT", picture(), None, **seen)[0] == 200
        assert ask(desk, "/api/gallery", "GET", b"", None, **{**seen, "Origin": ""})[0] == 200
        for origin in ("https://evil.example", "https://hub.local.evil.example", "https://hub.local:444"):
            assert ask(desk, change, "PUT", picture(), None, **{**seen, "Origin": origin})[0] == 403
        assert ask(desk, "/logout", "POST", b"", None, **seen)[0] == 303
        assert ask(desk, "/api/gallery", "GET", b"", None, **seen)[0] == 401


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_login_leads_to_no_other_site(locked_desk: Desk, wanted: str) -> None:
    form = RIGHT + f"&next={wanted}".encode()
    status, headers, _ = ask(locked_desk, "/login", "POST", form, Origin=locked_desk.url)
    assert (status, headers["location"]) == (303, "/")


def test_a_name_that_is_not_ours_is_not_answered(quiet_desk: Desk) -> None:
    assert ask(quiet_desk, "/api/events", Host="evil.example")[0] == 421
    assert ask(quiet_desk, "/api/events", Host="localhost:1")[0] == 200
    assert ask(quiet_desk, "/api/events", Host="[::1]:8642")[0] == 200


@pytest.mark.parametrize(
    "host", ["[::1%25x]", "[::1%x]", "[[::1]]", "[127.0.0.1]", "localhost:\u00b2", "::1"]
)
def test_a_host_that_is_none_is_not_answered(quiet_desk: Desk, host: str) -> None:
    assert ask(quiet_desk, "/api/events", Host=host)[0] == 421


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1"])
def test_changes_come_from_our_own_pages_only(quiet_desk: Desk, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    path = "/api/gallery/photos?name=Ann&group=authorised"
    assert ask(quiet_desk, path, "PUT", picture(), **headers)[0] == 403
    assert list(quiet_desk.gallery.rglob("*.jpg")) == []


@pytest.mark.parametrize("path", ["/", "/api/events", "/static/page.css", "/nowhere"])
def test_browsers_are_told_what_to_refuse(quiet_desk: Desk, path: str) -> None:
    _, headers, _ = ask(quiet_desk, path)
    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/api/gallery/thumbnail?key=../events.jsonl",
        "/api/gallery/thumbnail?key=Authorised/../../events.jsonl",
        "/api/gallery/thumbnail?key=/etc/passwd",
    ],
)
def test_no_path_leads_out(quiet_desk: Desk, path: str) -> None:
    quiet_desk.write(event("Ann"))
    assert ask(quiet_desk, path)[0] == 404


def test_only_what_is_listed_can_be_removed(quiet_desk: Desk) -> None:
    quiet_desk.write(event("Ann"))
    for key in ("../events.jsonl", "Authorised/../../events.jsonl", "Authorised"):
        path = f"/api/gallery/photos?key={key}"
        assert ask(quiet_desk, path, "DELETE", Origin=quiet_desk.url)[0] == 404
    assert quiet_desk.log.exists()


def test_an_upload_beyond_the_limit_is_cut_off(quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.gallery.UPLOAD_BYTES", 1_000)
    path = "/api/gallery/photos?name=Ann&group=authorised"
    assert ask(quiet_desk, path, "PUT", picture(), Origin=quiet_desk.url)[0] == 413


def test_an_address_open_to_others_needs_a_token(tmp_path: Path) -> None:
    (fault,) = WebSettings(host="0.0.0.0").faults()
    assert "token_file" in fault
    token = tmp_path / "token"
    assert "cannot be read" in WebSettings(token_file=token).faults()[0]
    token.write_text("short\n")
    assert "16 characters" in WebSettings(token_file=token).faults()[0]
    token.write_text(TOKEN)
    assert WebSettings(host="0.0.0.0", token_file=token).faults() == []


@pytest.mark.parametrize("text", ["pässword of twenty signs", f"{TOKEN}\n{TOKEN}\n", f"{TOKEN}\0"])
def test_a_token_that_no_header_can_carry_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token, config = tmp_path / "token", tmp_path / "config.yaml"
    token.write_text(text, "utf-8")
    assert "one line of ASCII" in WebSettings(token_file=token).faults()[0]
    config.write_text(yaml.safe_dump({"web": {"token_file": str(token)}}))
    assert main(["check-config", "--config", str(config)]) == 78
    assert "one line of ASCII" in capsys.readouterr().err


def test_a_token_that_everybody_may_read_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token, config = tmp_path / "token", tmp_path / "config.yaml"
    token.write_text(TOKEN)
    config.write_text(yaml.safe_dump({"web": {"token_file": str(token)}}))
    for mode, is_warned_of in ((0o644, True), (0o640, False)):
        token.chmod(mode)
        assert main(["check-config", "--config", str(config)]) == 0
        assert ("everybody on this machine may read it" in capsys.readouterr().err) is is_warned_of


def test_the_token_may_be_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "web-token").write_text("\n")
    assert WebSettings().token() is None
    assert WebSettings(host="0.0.0.0").faults()
    (tmp_path / "web-token").write_text(f"{TOKEN}\n")
    assert WebSettings(host="0.0.0.0").faults() == []
    assert WebSettings().token() == TOKEN
