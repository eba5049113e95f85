"""Topic names, and the rule for the ids in them."""

import re
from dataclasses import dataclass

# `$` alone also stands before a last newline.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}(?!\n)$"
PREFIX_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}(/[a-z0-9][a-z0-9_-]{0,63}){0,3}(?!\n)$"

_ID = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether the text may name a device, a node or a person in a topic."""
    return _ID.match(text) is not None


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic of one installation, below one prefix."""

    prefix: str = "edge"

    def frames(self, device: str) -> str:
        return f"{self.prefix}/frames/{device}"

    def events(self, device: str, event_type: str) -> str:
        return f"{self.prefix}/events/{device}/{event_type}"

    def muted(self, device: str, event_type: str) -> str:
        """Where events go that a quiet rule silences: they are logged, and start nothing."""
        return f"{self.prefix}/muted/{device}/{event_type}"

    def again(self, device: str, event_type: str) -> str:
        """Where the logger alone hears an event that is no news to anybody else."""
        return f"{self.prefix}/again/{device}/{event_type}"

    def observations(self, device: str) -> str:
        return f"{self.prefix}/observations/{device}"

    def device_status(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/status"

    def device_people(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/people"

    def device_snapshot(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/snapshot"

    def device_stats(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/stats"

    def device_enabled(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/enabled"

    def device_enabled_set(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/enabled/set"

    def device_settings(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/settings"

    def device_settings_set(self, device: str) -> str:
        return f"{self.prefix}/devices/{device}/settings/set"

    def person(self, person_id: str) -> str:
        return f"{self.prefix}/people/{person_id}"

    def node_enabled(self, node: str) -> str:
        return f"{self.prefix}/nodes/{node}/enabled"

    def node_enabled_set(self, node: str) -> str:
        return f"{self.prefix}/nodes/{node}/enabled/set"

    def node_status(self, node: str) -> str:
        return f"{self.prefix}/nodes/{node}/status"

    def node_stats(self, node: str) -> str:
        return f"{self.prefix}/nodes/{node}/stats"

    def node_outbox(self, node: str) -> str:
        return f"{self.prefix}/nodes/{node}/outbox"

    def gallery_state(self) -> str:
        return f"{self.prefix}/gallery/state"

    def requests(self, verb: str) -> str:
        return f"{self.prefix}/requests/{verb}"

    def replies(self, user: str) -> str:
        """Where the answers to a user's requests go; the user names it as the MQTT v5 response topic."""
        return f"{self.prefix}/replies/{user}"

    def acks(self, node: str) -> str:
        return f"{self.prefix}/acks/{node}"

    def frames_filter(self, shared_group: str | None = None) -> str:
        """The subscription that receives every camera's frames, shared with a group when one is named."""
        everyone = self.frames("+")
        return f"$share/{shared_group}/{everyone}" if shared_group else everyone

    def events_filter(self) -> str:
        return f"{self.prefix}/events/+/+"

    def muted_filter(self) -> str:
        return f"{self.prefix}/muted/+/+"

    def again_filter(self) -> str:
        return f"{self.prefix}/again/+/+"

    def questions_filter(self) -> str:
        """Shared by all nodes, whatever frames they share: each question goes to one of them."""
        return f"$share/questions/{self.requests('recognise')}"

    def observations_filter(self) -> str:
        return self.observations("+")

    def device_of(self, topic: str) -> str:
        """The device id in a topic such as `edge/frames/<device>`; the third word for all of ours."""
        words = topic.removeprefix(f"{self.prefix}/").split("/")
        return words[1] if len(words) > 1 else ""
