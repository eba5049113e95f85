import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import strict_json
from broker.errors import MessageError
from broker.messages import Event

HOSTILE = {
    "too_large": b'"' + b"a" * strict_json.MAX_BYTES + b'"',
    "too_deep": b"[" * 60_000,
    "not_utf8": b'{"person": "\xff"}',
    "duplicate_key": b'{"a": 1, "a": 2}',
    "bad_json": b'{"similarity": NaN}',
    "bad_message": b'{"schema": "1"}',
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_each_kind_of_hostile_json_has_its_reason(reason: str) -> None:
    with pytest.raises(MessageError) as raised:
        strict_json.decode(HOSTILE[reason], Event)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"1e999",
        b"-Infinity",
        b'{"a": 1}trailing',
        b"\xef\xbb\xbf{}",
        b"{'a': 1}",
        b'{"similarity": 1e400}',
        b"9" * 5000,
        b'{"frames": ' + b"9" * 5000 + b"}",
        b'{"device": "\\ud800"}',
        b"\x00",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_what_is_no_event_is_a_message_error(payload: bytes) -> None:
    with pytest.raises(MessageError):
        strict_json.decode(payload, Event)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_whole_number_is_exact_for_every_reader_also_under_keys_that_nobody_knows(sign: str) -> None:
    document = f'{{"extra": [{sign}9007199254740991]}}'.encode()
    assert strict_json.loads(document) == {"extra": [int(f"{sign}9007199254740991")]}
    with pytest.raises(MessageError, match="beyond"):
        strict_json.loads(document.replace(b"991", b"992"))


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_depth_has_a_limit_of_its_own(opening: bytes, closing: bytes) -> None:
    half = strict_json.MAX_DEPTH // (opening.count(b"[") + opening.count(b"{"))
    for inner in (b"1", b'"[[[["'):
        strict_json.loads(opening * half + inner + closing * half)
        with pytest.raises(MessageError, match="deeper than 32"):
            strict_json.loads(opening * half + b"[" + inner + b"]" + closing * half)
    with pytest.raises(MessageError) as raised:
        strict_json.loads(b'[1,{"a":[]},' + opening * 300 + b"1" + closing * 300 + b"]")
    assert raised.value.reason == "too_deep"


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_message_error(payload: bytes) -> None:
    try:
        assert json.dumps(strict_json.loads(payload))
    except MessageError as error:
        assert str(error)  # noqa: PT017  the law is "either, or"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(anything)
def test_any_json_is_an_event_or_a_message_error(document: object) -> None:
    with pytest.raises(MessageError):
        strict_json.decode(json.dumps(document).encode(), Event)
