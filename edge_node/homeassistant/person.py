"""One person of the gallery: whether they are here, where they were last, and when."""

from broker.topics import Topics
from edge_node.homeassistant import templates
from edge_node.homeassistant.component import Component, entity, moment


def components(person_id: str, topics: Topics) -> tuple[Component, ...]:
    topic = topics.person(person_id)
    return (
        entity(
            "binary_sensor",
            "present",
            "Present",
            device_class="occupancy",
            state_topic=topic,
            value_template=templates.flag("present"),
        ),
        entity(
            "sensor",
            "last_camera",
            "Last camera",
            icon="mdi:cctv",
            state_topic=topic,
            value_template=templates.value("device"),
        ),
        moment("last_seen", "Last seen", topic, templates.value("last_seen")),
    )
