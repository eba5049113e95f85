"""JSON from strangers: bounded, UTF-8, no NaN, no duplicate keys, bounded depth, exact types."""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

import msgspec

from broker.errors import MessageError

T = TypeVar("T")

MAX_BYTES = 65_536
MAX_DEPTH = 32
"""Of objects and lists in each other: no message needs more, and jq reads 256."""
MAX_INTEGER = 2**53 - 1
"""Further ones are not exact where numbers are doubles, as in jq and in browsers."""


def loads(payload: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """Parses one JSON document; anything odd raises MessageError with a reason code."""
    if len(payload) > max_bytes:
        raise MessageError("too_large", f"{len(payload)} bytes of JSON, {max_bytes} at most")
    try:
        text = payload.decode("utf-8", "strict")
        document = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_exact,
        )
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise MessageError("not_utf8", f"not UTF-8 at byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise MessageError("not_utf8", "half a surrogate pair is no character") from error
    except RecursionError as error:
        raise MessageError("too_deep", "JSON nested too deep") from error
    except ValueError as error:
        raise MessageError("bad_json", f"not JSON: {error}") from error
    _check_depth(document)
    return document


def decode(payload: bytes, into: type[T], *, max_bytes: int = MAX_BYTES) -> T:
    """Parses one JSON document into a type; keys that the type does not have are ignored."""
    document = loads(payload, max_bytes=max_bytes)
    try:
        return msgspec.convert(document, into, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", str(error)) from error
    except RecursionError as error:
        raise MessageError("too_deep", "JSON nested too deep") from error


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [item for one in level for item in _items(one) if isinstance(item, dict | list)]
        if not level:
            return
    raise MessageError("too_deep", f"JSON nested deeper than {MAX_DEPTH}")


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise MessageError("duplicate_key", "a key stands twice in one object")
    return unique


def _no_constant(name: str) -> NoReturn:
    raise MessageError("bad_json", f"{name} is not JSON")


def _exact(text: str) -> int:
    number = int(text)
    if abs(number) > MAX_INTEGER:
        raise MessageError("bad_message", f"{text[:20]} is beyond ±{MAX_INTEGER}")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MessageError("bad_json", f"{text[:20]} is beyond all numbers")
    return number
