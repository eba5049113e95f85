"""Who may read and write which topic: mosquitto.acl, made from the topics.

Rights hang on the user name, which the password proves, and never on the client id, which is only claimed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from broker import foreign
from broker.topics import Topics

DISCOVERY = "homeassistant"
"""Home Assistant's own prefix for MQTT discovery and for its birth message."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A topic of another program, for nodes and dashboards to read. `user`: publishes there, if ours."""

    topic: str
    user: str | None = None

    @property
    def filter(self) -> str:
        return foreign.filter_of(self.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """The user names of an installation, by role. A name has one role and one connection."""

    devices: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    loggers: tuple[str, ...] = ()
    dashboards: tuple[str, ...] = ()
    askers: tuple[str, ...] = ()
    home_assistants: tuple[str, ...] = ()
    feeds: tuple[Feed, ...] = ()

    @property
    def publishers(self) -> tuple[str, ...]:
        """Users who publish on topics of other programs."""
        return tuple(dict.fromkeys(feed.user for feed in self.feeds if feed.user))

    @property
    def names(self) -> tuple[str, ...]:
        ours = (*self.devices, *self.nodes, *self.loggers, *self.dashboards, *self.askers)
        return (*ours, *self.home_assistants, *self.publishers)


@dataclass(frozen=True, slots=True)
class Rights:
    """Topic filters that a user may receive from, and publish to."""

    read: tuple[str, ...]
    write: tuple[str, ...]


def device(name: str, topics: Topics) -> Rights:
    return Rights(
        read=(
            topics.device_enabled(name),
            topics.device_enabled_set(name),
            topics.device_settings_set(name),
        ),
        write=(topics.frames(name), topics.device_status(name), topics.device_settings(name)),
    )


def node(name: str, topics: Topics) -> Rights:
    return Rights(
        read=(
            topics.frames_filter(),
            topics.observations_filter(),
            topics.device_status("+"),
            topics.device_settings("+"),
            topics.device_enabled("+"),
            topics.device_enabled_set("+"),
            topics.node_enabled_set(name),
            topics.node_status("+"),
            topics.requests("+"),
            topics.acks(name),
            f"{DISCOVERY}/status",
        ),
        write=(
            topics.events_filter(),
            topics.observations_filter(),
            topics.device_people("+"),
            topics.device_snapshot("+"),
            topics.device_stats("+"),
            topics.device_enabled("+"),
            topics.muted_filter(),
            topics.again_filter(),
            topics.person("+"),
            topics.node_enabled(name),
            topics.node_status(name),
            topics.node_outbox(name),
            topics.node_stats(name),
            topics.gallery_state(),
            topics.replies("+"),
            f"{DISCOVERY}/device/+/config",
            f"{DISCOVERY}/+/+/+/config",
        ),
    )


def logger(_name: str, topics: Topics) -> Rights:
    return Rights(
        read=(topics.events_filter(), topics.muted_filter(), topics.again_filter()),
        write=(topics.acks("+"),),
    )


def dashboard(name: str, topics: Topics) -> Rights:
    return Rights(
        read=(
            topics.frames_filter(),
            topics.events_filter(),
            topics.observations_filter(),
            topics.device_status("+"),
            topics.device_settings("+"),
            topics.device_people("+"),
            topics.device_snapshot("+"),
            topics.device_stats("+"),
            topics.device_enabled("+"),
            topics.muted_filter(),
            topics.node_status("+"),
            topics.node_stats("+"),
            topics.node_outbox("+"),
            topics.node_enabled("+"),
            topics.person("+"),
            topics.gallery_state(),
            topics.replies(name),
        ),
        write=(
            topics.device_enabled_set("+"),
            topics.node_enabled_set("+"),
            topics.device_settings_set("+"),
            topics.requests("+"),
        ),
    )


def asker(name: str, topics: Topics) -> Rights:
    """Who may ask who is on a picture, and see nothing else: `edge-node ask`."""
    return Rights(
        read=(topics.replies(name), topics.node_status("+")),
        write=(topics.requests("recognise"),),
    )


def home_assistant(name: str, topics: Topics) -> Rights:
    rights = dashboard(name, topics)
    return Rights(
        read=(*(one for one in rights.read if one != topics.frames_filter()), f"{DISCOVERY}/#"),
        write=(*rights.write, f"{DISCOVERY}/status"),
    )


def text(identities: Identities, topics: Topics) -> str:
    """The whole file. Whatever is not named in it is forbidden."""

    feeds = dict.fromkeys(feed.filter for feed in identities.feeds)

    def with_feeds(rights_of: Callable[[str, Topics], Rights]) -> Callable[[str, Topics], Rights]:
        def rights(name: str, topics: Topics) -> Rights:
            plain = rights_of(name, topics)
            return Rights((*plain.read, *feeds), plain.write)

        return rights

    def publisher(name: str, _topics: Topics) -> Rights:
        return Rights(read=(), write=tuple(feed.filter for feed in identities.feeds if feed.user == name))

    roles: tuple[tuple[str, Callable[[str, Topics], Rights], Iterable[str]], ...] = (
        ("camera", device, identities.devices),
        ("recognition node", with_feeds(node), identities.nodes),
        ("logger", logger, identities.loggers),
        ("dashboard", with_feeds(dashboard), identities.dashboards),
        ("asker", asker, identities.askers),
        ("Home Assistant", home_assistant, identities.home_assistants),
        ("another program", publisher, identities.publishers),
    )
    blocks = [
        "\n".join(_block(title, name, rights_of(name, topics)))
        for title, rights_of, names in roles
        for name in names
    ]
    head = "# Made by `python -m broker.mosquitto` from broker/topics.py. What is not named is forbidden."
    return "\n\n".join([head, *blocks]) + "\n"


def _block(title: str, name: str, rights: Rights) -> Iterator[str]:
    yield f"# {title}"
    yield f"user {name}"
    for topic in rights.read:
        yield f"topic read {topic}"
    for topic in rights.write:
        yield f"topic write {topic}"
