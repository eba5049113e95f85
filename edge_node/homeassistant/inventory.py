"""Every device that Home Assistant is to know, from the settings and from what is known at run time."""

from collections.abc import Collection, Sequence

from broker.topics import Topics
from edge_node.faces import Person
from edge_node.homeassistant import camera, person, recogniser
from edge_node.homeassistant.component import Component, Device
from edge_node.settings import NodeConfig
from edge_node.view_settings import DeviceSettings

MAKER = "MQTT edge node"


def inventory(
    config: NodeConfig, *, cameras: Collection[str], nodes: Collection[str], people: Sequence[Person]
) -> list[Device]:
    """cameras: ids of those heard of, beyond the settings'; nodes: ids of all, this one among them or not.

    A camera's entities are available while any node is online, since each of them serves every camera:
    several nodes say the same of the same camera.
    """
    topics = Topics(config.broker.prefix)
    own = config.node.id
    online = [topics.node_status(node) for node in sorted({own, *nodes})]
    named = {*config.cameras, *config.devices, *cameras}
    return [
        *(_camera(config, name, topics, online) for name in sorted(named)),
        _device(
            topics,
            "node",
            own,
            config.node.name,
            "recognition node",
            [topics.node_status(own)],
            recogniser.components(own, topics),
        ),
        *(
            _device(
                topics, "person", one.id, one.name, one.group.value, online, person.components(one.id, topics)
            )
            for one in sorted(people, key=lambda one: one.id)
        ),
    ]


def _camera(config: NodeConfig, name: str, topics: Topics, online: Sequence[str]) -> Device:
    said = config.devices.get(name, DeviceSettings())
    return _device(
        topics, "camera", name, said.name, "camera", online, camera.components(name, topics), area=said.area
    )


def device_id(topics: Topics, kind: str, name: str) -> str:
    return f"{topics.prefix.replace('/', '_')}_{kind}_{name}"


def _device(
    topics: Topics,
    kind: str,
    name: str,
    shown: str | None,
    model: str,
    availability: Sequence[str],
    components: tuple[Component, ...],
    area: str | None = None,
) -> Device:
    identifier = device_id(topics, kind, name)
    about = {
        "identifiers": [identifier],
        "name": shown or name.replace("-", " ").replace("_", " ").capitalize(),
        "manufacturer": MAKER,
        "model": model,
    }
    return Device(
        id=identifier,
        stem=name.replace("-", "_"),
        about=about | ({"suggested_area": area} if area else {}),
        availability=availability,
        components=components,
    )
