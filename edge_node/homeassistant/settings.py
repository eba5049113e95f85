"""The section `homeassistant` of config.yaml."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from broker.settings import Prefix

Form = Literal["device", "component"]


class HomeAssistantSettings(Struct, frozen=True, kw_only=True):
    """What Home Assistant finds by MQTT discovery, see docs/home-assistant."""

    enabled: bool = True
    """Announces cameras and nodes. `false` takes away what was announced."""
    discovery: Form = "device"
    """`device`: one message for each device, for Home Assistant 2024.11 and later. `component`: one for each
    entity, for 2024.3 and later."""
    prefix: Prefix = "homeassistant"
    """The discovery prefix that Home Assistant's MQTT integration listens on."""
    people: bool = False
    """Announces everybody in the gallery: where they were seen last, and when."""
    forget_days: Annotated[int, Meta(ge=1, le=3650)] = 7
    """A camera that no section names is taken away at a start of the node when nothing was heard of it for so
    many days."""
