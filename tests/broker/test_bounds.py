"""Every number on the wire is one that readers of JSON, and SQLite, can hold."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from broker.errors import MessageError
from broker.messages import Event, Frame, WireJson
from broker.publication import Publication
from broker.strict_json import MAX_INTEGER
from tests.broker.wire_messages import MESSAGES
from tests.edge_node.outbox import made_up


def integers(found: Any, seen: set[type]) -> Iterator[tuple[str, msgspec.inspect.IntType]]:
    """Names and types of all integers in a type."""
    match found:
        case msgspec.inspect.StructType() if found.cls not in seen:
            seen.add(found.cls)
            for field in found.fields:
                for name, kind in integers(field.type, seen):
                    yield f"{field.name}{name}", kind
        case msgspec.inspect.IntType():
            yield "", found
        case msgspec.inspect.UnionType():
            for one in found.types:
                yield from integers(one, seen)
        case msgspec.inspect.ListType():
            yield from integers(found.item_type, seen)
        case msgspec.inspect.TupleType():
            for one in found.item_types:
                yield from integers(one, seen)
        case msgspec.inspect.DictType():
            yield from integers(found.value_type, seen)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_integer_has_bounds(message: type[WireJson]) -> None:
    found = list(integers(msgspec.inspect.type_info(message), set()))
    assert found
    for name, kind in found:
        assert (kind.ge is None, kind.le is None) == (False, False), name
        assert -MAX_INTEGER <= (kind.ge or 0) <= (kind.le or 0) <= MAX_INTEGER, name


@pytest.mark.parametrize("number", [MAX_INTEGER + 1, 2**63, 2**64, 10**30, -(2**63), -(10**30)])
@pytest.mark.parametrize("key", ["latency_ms", "frames", "box", "frame_size", "schema"])
def test_an_event_with_a_number_beyond_them_is_none(key: str, number: int) -> None:
    event = msgspec.json.decode(made_up.event().to_json())
    event[key] = [number] * len(event[key]) if isinstance(event[key], list) else number
    with pytest.raises(MessageError) as raised:
        Event.from_json(json.dumps(event).encode())
    assert raised.value.reason == "bad_message"


def test_the_largest_latency_is_an_event() -> None:
    for latency in (MAX_INTEGER, -MAX_INTEGER):
        assert Event.from_json(made_up.event(latency_ms=latency).to_json()).latency_ms == latency


def test_a_frames_number_beyond_them_is_refused() -> None:
    for seq, is_good in ((MAX_INTEGER, True), (MAX_INTEGER + 1, False)):
        frame = Publication(topic="x", payload=b"", user_properties={"seq": str(seq)})
        if is_good:
            assert Frame.of_device("d", frame).seq == seq
        else:
            with pytest.raises(MessageError, match="no number"):
                Frame.of_device("d", frame)
