"""From what Home Assistant was told to what it is to be told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from broker.publication import Publication
from edge_node.homeassistant.component import Device
from edge_node.homeassistant.discovery import (
    announcement,
    announcements,
    platforms_of,
    removal,
    topics_of,
)
from edge_node.homeassistant.settings import Form


class Announced(Struct, frozen=True, kw_only=True):
    """devices: for each by its id the platforms of its components, of past ones too, by key."""

    prefix: str = ""
    form: Form = "device"
    devices: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transition:
    """steps: what to publish, with a pause after each but the last; after: what is announced then."""

    steps: Sequence[Sequence[Publication]]
    after: Announced


def transition(
    before: Announced,
    devices: Sequence[Device],
    *,
    prefix: str,
    form: Form,
    version: str,
    kept: Collection[str] = (),
) -> Transition:
    """kept: ids of before that are neither announced nor taken away; none when prefix or form change.

    When the form changes, Home Assistant is asked to hand the entities over to the other form, so that they
    keep the names and rooms their owner gave them; it does so piece by piece, hence the pauses.
    """
    same_place = (before.prefix, before.form) == (prefix, form)
    wanted = {device.id for device in devices}
    stale = {
        topic: name
        for name, platforms in before.devices.items()
        if name not in kept
        for topic in topics_of(before.prefix, before.form, name, platforms)
    }
    told: list[Publication] = []
    now = {name: before.devices[name] for name in kept}
    for device in devices:
        platforms = platforms_of(device)
        past = before.devices.get(device.id, {}) if same_place and form == "device" else {}
        told += announcements(prefix, form, device, version, past)
        now[device.id] = past | platforms
    for one in told:
        stale.pop(one.topic, None)
    handed_over = []
    if before.prefix == prefix and before.form != form:
        handed_over = [
            announcement(topic, {"migrate_discovery": True}, retain=False)
            for topic, name in stale.items()
            if name in wanted
        ]
    removed = [removal(topic) for topic in stale]
    after = Announced(prefix=prefix, form=form, devices=now)
    if handed_over:
        return Transition([handed_over, removed, told], after)
    return Transition([[*told, *removed]], after)
