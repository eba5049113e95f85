"""Home Assistant's part, played on a real broker by its rules: a real one is too large for tests."""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from tests.edge_node.homeassistant import rules, states
from tests.private_broker import eventually

CAMERA_ENTITIES = 19
"""Triggers among them."""

KEPT = ("/status", "/enabled", "/people", "/settings", "/state")
"""Ends of topics on which the broker keeps the last message for an entity that comes later."""


@dataclass(frozen=True)
class Entity:
    """An entity or a device trigger, and where it was announced."""

    platform: str
    config: Mapping[str, Any]
    topic: str

    @property
    def id(self) -> str:
        config = self.config
        return str(config.get("default_entity_id") or f"{config['device']['name']} {config['type']}")


class Assistant:
    """Connected when entered. complaints: what it would log; states: by entity id."""

    def __init__(
        self, settings: BrokerSettings, prefix: str = "homeassistant", *, client_id: str = "home-assistant"
    ) -> None:
        self.prefix = prefix
        self.complaints: list[str] = []
        self.entities: dict[tuple[str, str], Entity] = {}
        self.states: dict[str, str | None] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self.triggered: list[str] = []
        self._kept: dict[str, Publication] = {}
        self._online: defaultdict[str, str] = defaultdict(str)
        self._changed = threading.Lock()
        self.session = Session(
            settings,
            client_id=client_id,
            subscriptions=[
                Subscription(f"{prefix}/+/+/config", self._configure, qos=1),
                Subscription(f"{prefix}/+/+/+/config", self._configure, qos=1),
                Subscription("edge/#", self._hear, qos=1),
            ],
        )

    def __enter__(self) -> Self:
        self.session.start()
        assert self.session.wait_connected(10)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.session.stop()

    def come_up(self) -> None:
        self.session.publish(Publication(topic=f"{self.prefix}/status", payload=b"online", qos=1))

    def ids(self, device: str | None = None) -> set[str]:
        with self._changed:
            return {
                one.id
                for one in self.entities.values()
                if device is None or one.config["device"]["identifiers"] == [device]
            }

    def knows(self, camera: str) -> bool:
        """Whether all entities of a camera come to be there."""
        return eventually(lambda: len(self.ids(camera)) == CAMERA_ENTITIES)

    def forgets(self, device: str) -> bool:
        return eventually(lambda: not self.ids(device))

    def state(self, entity_id: str) -> str | None:
        """`absent`, `unavailable`, None for unknown, or the state."""
        entity = self._find(entity_id)
        if entity is None:
            return "absent"
        topics = [one["topic"] for one in entity.config["availability"]]
        if topics and not any(self._online[topic] == "online" for topic in topics):
            return "unavailable"
        with self._changed:
            return self.states.get(entity_id)

    def shows(self, **wanted: str | None) -> bool:
        """Whether entities, written with two underscores for the point, come to be in these states."""
        named = {name.replace("__", ".", 1): state for name, state in wanted.items()}
        return eventually(lambda: named == {name: self.state(name) for name in named})

    def command(self, entity_id: str, value: str = "") -> None:
        """What pressing, switching or typing publishes."""
        assert eventually(lambda: self._find(entity_id))
        entity = self._find(entity_id)
        assert entity is not None
        template = entity.config.get("command_template")
        text = states.ENVIRONMENT.from_string(template).render(value=value) if template else value
        payload = entity.config.get("payload_press", text)
        self.session.publish(
            Publication(topic=entity.config["command_topic"], payload=payload.encode(), qos=1)
        )

    def _find(self, entity_id: str) -> Entity | None:
        with self._changed:
            return next((one for one in self.entities.values() if one.id == entity_id), None)

    def _configure(self, publication: Publication) -> None:
        kind, *words = publication.topic.removeprefix(f"{self.prefix}/").removesuffix("/config").split("/")
        if not all(word.replace("-", "").replace("_", "").isalnum() for word in words):
            self.complaints.append(f"illegal discovery topic {publication.topic}")
            return
        message = json.loads(publication.payload) if publication.payload else {}
        with self._changed:
            if message.get("migrate_discovery"):
                assert not publication.retain
                self._drop(publication.topic)
            elif not message:
                self._drop(publication.topic)
            elif kind == "device":
                self._add_device(publication.topic, words[0], message)
            else:
                self._add(publication.topic, (kind, " ".join(words)), message)

    def _drop(self, topic: str) -> None:
        self.entities = {key: one for key, one in self.entities.items() if one.topic != topic}

    def _add_device(self, topic: str, device: str, message: Mapping[str, Any]) -> None:
        broken = [*rules.broken_by_head(message), *rules.broken_by_device(message)]
        self.complaints += [f"{topic}: {one}" for one in broken]
        if broken:
            return
        for key, component in message["components"].items():
            platform, config = component["platform"], {**component}
            del config["platform"]
            if config:
                head = {"device": message["device"], "origin": message["origin"]}
                self._add(topic, (platform, f"{device} {key}"), head | config)
            else:
                self.entities.pop((platform, f"{device} {key}"), None)

    def _add(self, topic: str, key: tuple[str, str], config: Mapping[str, Any]) -> None:
        broken = [*rules.broken_by_head(config), *rules.broken_by_component(key[0], config)]
        others = [one for other, one in self.entities.items() if other != key]
        if config.get("unique_id") and config["unique_id"] in [one.config.get("unique_id") for one in others]:
            broken.append(f"{config['unique_id']} is not unique")
        if key in self.entities and self.entities[key].topic != topic:
            broken.append(f"{key} was announced on {self.entities[key].topic}")
        self.complaints += [f"{topic}: {one}" for one in broken]
        if not broken:
            self.entities[key] = Entity(key[0], config, topic)
            for one in self._kept.values():
                self._update(self.entities[key], one)

    def _hear(self, publication: Publication) -> None:
        if publication.topic.endswith("/status"):
            self._online[publication.topic] = publication.payload.decode()
        if publication.topic.endswith(KEPT):
            self._kept[publication.topic] = replace(publication, retain=True)
        with self._changed:
            for entity in self.entities.values():
                self._update(entity, publication)

    def _update(self, entity: Entity, publication: Publication) -> None:
        config = entity.config

        def follows(key: str) -> bool:
            return key in config and Subscription(config[key], _ignore).matches(publication.topic)

        try:
            if follows("topic"):
                text = states.rendered(config["value_template"], publication.payload)
                self.triggered += [entity.id] * (text == config["payload"])
            if follows("json_attributes_topic"):
                self.attributes[entity.id] = states.attributes_of(config, publication.payload)
            if not publication.payload and "value_template" not in config:
                return
            if follows("image_topic") or (
                follows("state_topic") and not (entity.platform == "event" and publication.retain)
            ):
                self.states[entity.id] = states.state_of(entity.platform, config, publication.payload)
        except Exception as error:  # noqa: BLE001  all of these are lines in Home Assistant's log
            self.complaints.append(f"{entity.id} on {publication.topic}: {error!r}")


def _ignore(_publication: Publication) -> None:
    pass
