"""Recognition on and off, for the node and for each camera; kept in a file, so that it survives a restart."""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from broker.publication import Publication
from broker.topics import Topics, is_id
from edge_node import durable

log = logging.getLogger(__name__)

ON, OFF = b"ON", b"OFF"
DEVICES_AT_MOST = 1_000


class _Kept(Struct, frozen=True):
    """Only what is off is written down."""

    node_off: bool = False
    devices_off: tuple[str, ...] = ()


class Switches:
    """Any thread may ask; `receive` is for one. What cannot be kept on disk holds until the next start."""

    def __init__(
        self, path: Path, node: str, topics: Topics, publish: Callable[[Publication], object]
    ) -> None:
        self._path = path
        self._node = node
        self._topics = topics
        self._publish = publish
        kept = self._load()
        self._node_off = kept.node_off
        self._off = frozenset(filter(is_id, kept.devices_off))

    def is_on(self, device: str) -> bool:
        return not self._node_off and device not in self._off

    def receive(self, publication: Publication) -> None:
        """`ON` or `OFF` for a camera or this node. A retained command is an old one, and is not obeyed."""
        device = self._topics.device_of(publication.topic)
        if publication.retain or publication.payload not in (ON, OFF) or not is_id(device):
            log.warning(
                "%r: expected ON or OFF for an id, not retained; got %.40r",
                publication.topic[:120],
                publication.payload,
            )
            return
        before = self._node_off, self._off
        is_off = publication.payload == OFF
        if publication.topic == self._topics.node_enabled_set(self._node):
            self._node_off = is_off
        elif is_off and len(self._off) < DEVICES_AT_MOST:
            self._off |= {device}
        else:
            self._off -= {device}
        if before != (self._node_off, self._off):
            self._save()
        log.info("%s: recognition %s", publication.topic.rsplit("/", 2)[0], "off" if is_off else "on")
        self._publish(_state(publication.topic.removesuffix("/set"), is_off=is_off))

    def node_state(self) -> Publication:
        return _state(self._topics.node_enabled(self._node), is_off=self._node_off)

    def device_state(self, device: str) -> Publication:
        return _state(self._topics.device_enabled(device), is_off=device in self._off)

    def _load(self) -> _Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except (OSError, ValueError) as error:
            log.warning("%s is not used, recognition is on everywhere: %s", self._path, error)
            return _Kept()

    def _save(self) -> None:
        kept = _Kept(self._node_off, tuple(sorted(self._off)))
        try:
            durable.make_folder(self._path.parent)
            durable.write(self._path, [msgspec.json.encode(kept)])
        except OSError as error:
            log.warning("%s cannot be written, the switch holds until the next start: %s", self._path, error)


def _state(topic: str, *, is_off: bool) -> Publication:
    return Publication(topic=topic, payload=OFF if is_off else ON, qos=1, retain=True)
