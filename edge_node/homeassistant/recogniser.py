"""One recognition node: its gallery, its pace, and the two things one can ask of it."""

from broker.topics import Topics
from edge_node.homeassistant import templates
from edge_node.homeassistant.component import (
    Component,
    connection,
    diagnostic,
    entity,
    measurement,
    moment,
    switch,
)


def components(node: str, topics: Topics) -> tuple[Component, ...]:
    gallery, stats = topics.gallery_state(), topics.node_stats(node)
    return (
        entity(
            "sensor",
            "people",
            "People in the gallery",
            icon="mdi:account-group",
            state_topic=gallery,
            value_template=templates.value("people"),
        ),
        diagnostic(
            "sensor",
            "templates",
            "Templates in the gallery",
            icon="mdi:face-man-profile",
            state_topic=gallery,
            value_template=templates.value("templates"),
        ),
        moment("synced", "Gallery read", gallery, templates.value("synced_at")),
        entity(
            "binary_sensor",
            "stale",
            "Gallery out of date",
            device_class="problem",
            state_topic=gallery,
            value_template=templates.flag("stale"),
        ),
        entity(
            "button",
            "reload",
            "Read the gallery again",
            icon="mdi:reload",
            command_topic=topics.requests("reload"),
            payload_press="{}",
        ),
        switch("recognition", "Recognition", topics.node_enabled(node), topics.node_enabled_set(node)),
        connection(topics.node_status(node)),
        measurement("fps", "Frame rate", stats, templates.value("fps"), unit_of_measurement="fps"),
        measurement("latency", "Latency", stats, templates.value("latency_p95_ms"), unit_of_measurement="ms"),
    )
