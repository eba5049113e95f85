"""What nodes and cameras said of themselves last."""

from typing import Any

from msgspec import Struct

from broker.capture import Capture
from broker.errors import MessageError
from broker.presence import DevicePeople
from broker.publication import Publication
from broker.states import DeviceStats, GalleryState, NodeStats, OutboxState
from broker.subscription import Subscription
from broker.topics import Topics, is_id
from edge_node.web.heard import Heard

STATE_BYTES = 65_536
_NODE_KINDS = {"stats": NodeStats, "outbox": OutboxState}
_DEVICE_KINDS = {"stats": DeviceStats, "people": DevicePeople, "settings": Capture}


class NodeState(Struct, frozen=True, kw_only=True):
    """outbox: how full it is, as last said; stats may have newer counts. heard_seconds: since its last
    counters came; null when none did."""

    id: str
    status: str | None = None
    enabled: str | None = None
    stats: NodeStats | None = None
    outbox: OutboxState | None = None
    heard_seconds: float | None = None


class CameraState(Struct, frozen=True, kw_only=True):
    """The same for a camera; `people` is who is before it."""

    id: str
    status: str | None = None
    enabled: str | None = None
    settings: Capture | None = None
    people: DevicePeople | None = None
    stats: DeviceStats | None = None
    heard_seconds: float | None = None


class Board:
    """Filled on the network thread, read by the page."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._nodes = Heard()
        self._devices = Heard()
        self._gallery: GalleryState | None = None

    def subscriptions(self) -> list[Subscription]:
        topics = self._topics
        nodes = [
            topics.node_status("+"),
            topics.node_enabled("+"),
            topics.node_stats("+"),
            topics.node_outbox("+"),
        ]
        devices = [
            topics.device_status("+"),
            topics.device_enabled("+"),
            topics.device_settings("+"),
            topics.device_people("+"),
            topics.device_stats("+"),
        ]
        return [
            *(Subscription(one, self._on_node, qos=1) for one in nodes),
            *(Subscription(one, self._on_device, qos=1) for one in devices),
            Subscription(topics.gallery_state(), self._on_gallery, qos=1),
        ]

    def nodes(self) -> list[NodeState]:
        return [NodeState(id=one, **said) for one, said in self._nodes.all()]

    def cameras(self) -> list[CameraState]:
        return [CameraState(id=one, **said) for one, said in self._devices.all()]

    def gallery(self) -> GalleryState | None:
        return self._gallery

    def _on_node(self, publication: Publication) -> None:
        self._keep(publication, self._nodes, _NODE_KINDS)

    def _on_device(self, publication: Publication) -> None:
        self._keep(publication, self._devices, _DEVICE_KINDS)

    def _on_gallery(self, publication: Publication) -> None:
        if not publication.payload:
            self._gallery = None
            return
        try:
            self._gallery = GalleryState.from_json(publication.payload)
        except MessageError:
            return

    def _keep(self, publication: Publication, heard: Heard, kinds: dict[str, Any]) -> None:
        """What cannot be read is passed over: the page shows what was said before."""
        name, kind = self._topics.device_of(publication.topic), publication.topic.rsplit("/", 1)[1]
        payload = publication.payload
        if not is_id(name) or len(payload) > STATE_BYTES:
            return
        if not payload:
            heard.drop(name, kind)
            return
        try:
            value = (
                kinds[kind].from_json(payload) if kind in kinds else payload[:16].decode("ascii", "replace")
            )
        except MessageError:
            return
        heard.keep(name, kind, value, len(payload))
