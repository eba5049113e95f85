"""JSON from strangers: bounded, UTF-8, no NaN, no duplicate keys, bounded depth, exact types."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

from broker.errors import MessageError

T = TypeVar("T")

MAX_BYTES = 65_536


def loads(payload: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """Parses one JSON document; anything odd raises MessageError with a reason code."""
    if len(payload) > max_bytes:
        raise MessageError("too_large", f"{len(payload)} bytes of JSON, {max_bytes} at most")
    try:
        return json.loads(
            payload.decode("utf-8", "strict"), object_pairs_hook=_unique_keys, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise MessageError("not_utf8", f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise MessageError("too_deep", "JSON nested too deep") from error
    except ValueError as error:
        raise MessageError("bad_json", f"not JSON: {error}") from error


def decode(payload: bytes, into: type[T], *, max_bytes: int = MAX_BYTES) -> T:
    """Parses one JSON document into a type; keys that the type does not have are ignored."""
    document = loads(payload, max_bytes=max_bytes)
    try:
        return msgspec.convert(document, into, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", str(error)) from error
    except RecursionError as error:
        raise MessageError("too_deep", "JSON nested too deep") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise MessageError("duplicate_key", "a key stands twice in one object")
    return unique


def _no_constant(name: str) -> NoReturn:
    raise MessageError("bad_json", f"{name} is not JSON")
