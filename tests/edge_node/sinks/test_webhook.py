import base64
import hmac
import json
from pathlib import Path

import pytest

from broker.messages import EventType
from edge_node.log_settings import WebhookSink
from edge_node.sinks.sink import SinkError
from edge_node.sinks.webhook import Webhook
from tests.edge_node.logged import record
from tests.edge_node.sinks.receiver import Receiver
from tests.private_broker import free_port


def test_the_body_is_the_record(receiver: Receiver) -> None:
    one = record()
    Webhook(WebhookSink(url=receiver.url + "/hook?who=me")).deliver([one])
    (posted,) = receiver.posted
    assert posted.path == "/hook?who=me"
    assert json.loads(posted.body) == one
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["webhook-id"] == one["event_id"]
    assert "webhook-signature" not in posted.headers


def test_it_is_signed_as_standard_webhooks_says(receiver: Receiver, tmp_path: Path) -> None:
    """Secret, id and time are those of the example of the specification's own libraries."""
    file = tmp_path / "secret"
    file.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    sink = Webhook(WebhookSink(url=receiver.url, secret_file=file), clock=lambda: 1_614_265_330.9)
    sink.deliver([record(event_id="msg_p5jXN8AQM9LWM0D4loKWxJek")])
    (posted,) = receiver.posted
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + posted.body
    assert posted.headers["webhook-timestamp"] == "1614265330"
    expected = base64.b64encode(hmac.digest(key, said, "sha256")).decode()
    assert posted.headers["webhook-signature"] == f"v1,{expected}"
    assert posted.headers["X-Hub-Signature-256"] == "sha256=" + hmac.digest(key, posted.body, "sha256").hex()


def test_a_plain_secret_is_the_key(receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"open sesame\r\nsecond line")
    Webhook(WebhookSink(url=receiver.url, secret_file=file)).deliver([record()])
    (posted,) = receiver.posted
    expected = hmac.digest(b"open sesame", posted.body, "sha256").hex()
    assert posted.headers["X-Hub-Signature-256"] == f"sha256={expected}"


def test_an_id_cannot_smuggle_headers(receiver: Receiver) -> None:
    Webhook(WebhookSink(url=receiver.url)).deliver([record(event_id="a\r\nX-Evil: 1\u0000é")])
    assert receiver.posted[0].headers["webhook-id"] == "a%0D%0AX-Evil%3A%201%00%C3%A9"
    assert "X-Evil" not in receiver.posted[0].headers


def test_what_is_muted_or_of_another_type_is_not_posted(receiver: Receiver) -> None:
    sink = Webhook(WebhookSink(url=receiver.url, types=(EventType.RESTRICTED,)))
    sink.deliver([record(), record(event_type="restricted", muted="night"), record(event_type="restricted")])
    assert [json.loads(one.body)["muted"] for one in receiver.posted] == [None]


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(one, True) for one in (400, 413, 422)] + [(one, False) for one in (401, 404, 410, 415, 426, 429, 431)],
)
def test_some_refusals_are_final(receiver: Receiver, status: int, is_final: bool) -> None:
    receiver.always = status
    with pytest.raises(SinkError, match=str(status)) as raised:
        Webhook(WebhookSink(url=receiver.url)).deliver([record()])
    assert raised.value.is_final is is_final


@pytest.mark.parametrize("status", [302, 500, 503])
def test_the_rest_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.always = status
    with pytest.raises(SinkError) as raised:
        Webhook(WebhookSink(url=receiver.url)).deliver([record()])
    assert not raised.value.is_final


def test_nobody_there_and_nobody_answering(receiver: Receiver) -> None:
    with pytest.raises(SinkError, match="refused"):
        Webhook(WebhookSink(url=f"http://127.0.0.1:{free_port()}")).deliver([record()])
    receiver.hang.set()
    with pytest.raises(SinkError, match="timed out"):
        Webhook(WebhookSink(url=receiver.url, timeout_seconds=0.2)).deliver([record()])


def test_what_has_no_form_is_refused_and_no_one_else_is(receiver: Receiver) -> None:
    with pytest.raises(SinkError, match="no form") as raised:
        Webhook(WebhookSink(url=receiver.url)).deliver([record(note={"a", "set"})])
    assert raised.value.is_final
    assert not receiver.posted


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\nsecret",
        b" \t\n",
        b"whsec_not base64",
        b"whsec_",
        b"whsec_ \n",
        "a b".encode("utf-16"),
        b"a\0b",
    ],
)
def test_a_file_without_a_secret_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(SinkError, match=f"^secret_file: {file}.*expected") as raised:
        Webhook(WebhookSink(url="http://x", secret_file=file))
    assert not raised.value.is_final


def test_a_byte_order_mark_is_no_part_of_a_secret(receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbfopen sesame\n")
    Webhook(WebhookSink(url=receiver.url, secret_file=file)).deliver([record()])
    (posted,) = receiver.posted
    expected = hmac.digest(b"open sesame", posted.body, "sha256").hex()
    assert posted.headers["X-Hub-Signature-256"] == f"sha256={expected}"
