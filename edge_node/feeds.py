"""Frames that other programs publish, on topics of their own: from a publication to a frame of a device."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from broker import foreign
from broker.errors import MessageError
from broker.messages import Frame
from broker.publication import Publication
from broker.topics import is_id
from edge_node.settings import FeedSettings

DEVICES_AT_MOST = 1_000
EARLY = 0.25
"""Share of a period by which a frame may come early, so that a camera which jitters around `max_fps` does not
lose every other one."""


def device_id(name: str, template: str = foreign.DEVICE) -> str:
    """A lawful id made of a foreign word: accents go, the rest of what ids do not have becomes `-`.

    Raises MessageError when nothing is left of the word or the id is too long.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9_-]+", "-", ascii_only).strip("-_")
    device = template.replace(foreign.DEVICE, word)
    if not word or not is_id(device):
        raise MessageError("bad_device", f"no id can be made of {name[:80]!r}")
    return device


def may_name(template: str, device: str) -> bool:
    """Whether some foreign word makes this id."""
    head, placed, tail = template.partition(foreign.DEVICE)
    if not placed:
        return device == template
    return len(device) > len(head + tail) and device.startswith(head) and device.endswith(tail)


@dataclass(slots=True)
class _Claim:
    """Who has a device id: the topic it came by first, None for a camera of ours; when a frame is due."""

    topic: str | None
    due: float = 0.0


class Feeds:
    """Reads what comes by the feeds, on one thread.

    An id belongs to the topic that came first, and to a camera of ours before any feed: two cameras under one
    id would be one visitor in two places.
    """

    def __init__(self, feeds: Sequence[FeedSettings]) -> None:
        self._feeds = tuple(feeds)
        self._claims: dict[str, _Claim] = {}

    def filters(self, shared_group: str | None) -> list[str]:
        share = f"$share/{shared_group}/" if shared_group else ""
        return [share + foreign.filter_of(feed.topic) for feed in self._feeds]

    def filters_for(self, device: str) -> list[str]:
        """Those by which frames of this device may come."""
        return [foreign.filter_of(feed.topic) for feed in self._feeds if may_name(feed.device, device)]

    def note_own(self, device: str) -> None:
        """A frame came by our own topic."""
        if self._feeds and (device in self._claims or len(self._claims) < DEVICES_AT_MOST):
            self._claims[device] = _Claim(topic=None)

    def read(self, publication: Publication, now: float) -> tuple[Frame, float | None]:
        """The frame and the age it may have, None for the node's own limit. `now` in monotonic seconds.

        Raises MessageError with the reason why the frame is not looked at.
        """
        feed, word = self._feed_of(publication.topic)
        device = device_id(word, feed.device) if word else feed.device
        frame = Frame.of_device(device, publication)
        claim = self._claim(device, publication.topic)
        period = 1 / feed.max_fps
        if now < claim.due - EARLY * period:
            raise MessageError("rate_limited", f"{device} sends more than {feed.max_fps:g} frames a second")
        claim.due = max(claim.due, now - EARLY * period) + period
        return frame, feed.max_age_seconds

    def _feed_of(self, topic: str) -> tuple[FeedSettings, str]:
        for feed in self._feeds:
            word = foreign.word_of(feed.topic, topic)
            if word is not None and (word or foreign.DEVICE not in feed.topic):
                return feed, word
        raise MessageError("bad_device", "no feed has this topic")

    def _claim(self, device: str, topic: str) -> _Claim:
        claim = self._claims.get(device)
        if claim is None:
            if len(self._claims) >= DEVICES_AT_MOST:
                raise MessageError("crowded", f"{DEVICES_AT_MOST} devices are known already")
            claim = self._claims[device] = _Claim(topic)
        if claim.topic != topic:
            who = "a camera of ours" if claim.topic is None else claim.topic
            raise MessageError("ambiguous_device", f"{topic} would be {device!r}, which is {who[:120]}")
        return claim
