"""Which picture of a camera is shown, with which boxes."""

from dataclasses import replace
from typing import Any

import msgspec

from broker.messages import Frame, Observation
from edge_node.web.newest import FRESH_SECONDS, Newest
from tests.edge_node.web.desk import frame, observation


def newest(*frames: Frame) -> Newest:
    camera = Newest("door")
    for one in frames:
        camera.take(one)
    return camera


def shown(camera: Newest, now: float = 0.0, *, waits: bool = False) -> tuple[Any, ...] | None:
    """number, seq of the boxes, matched."""
    picture = camera.picture(now, waits=waits)
    if picture is None:
        return None
    return picture.number, picture.observation and picture.observation.seq, picture.matched


def nameless(seen: Observation) -> Observation:
    return msgspec.structs.replace(seen, seq=None, boot_id=None)


def test_a_picture_waits_for_its_own_boxes() -> None:
    camera = newest(frame("door", 1))
    assert shown(camera, waits=True) is None
    camera.see(observation("door", 0), 0.0)
    assert shown(camera, waits=True) is None
    camera.see(observation("door", 1), 0.0)
    assert shown(camera, waits=True) == (1, 1, True)


def test_boxes_that_are_there_before_their_picture_belong_to_it() -> None:
    camera = newest(frame("door", 1))
    camera.see(observation("door", 2), 0.0)
    camera.take(frame("door", 2))
    assert shown(camera, waits=True) == (2, 2, True)


def test_a_picture_that_has_waited_long_enough_has_the_latest_boxes_unless_they_are_old() -> None:
    camera = newest(frame("door", 0))
    camera.see(observation("door", 0), 0.0)
    camera.take(frame("door", 1))
    assert shown(camera, FRESH_SECONDS) == (2, 0, False)
    assert shown(camera, FRESH_SECONDS + 0.1) == (2, None, False)


def test_a_picture_is_shown_again_when_its_boxes_come_late() -> None:
    camera = newest(frame("door", 1))
    assert shown(camera) == (1, None, False)
    camera.see(observation("door", 0), 0.0)
    assert not camera.is_newer(1)
    camera.see(observation("door", 1), 0.0)
    assert camera.is_newer(1)
    assert shown(camera, waits=True) == (2, 1, True)
    camera.see(observation("door", 1), 0.0)
    assert not camera.is_newer(2)


def test_what_is_seen_after_a_frame_without_a_number_belongs_to_it() -> None:
    bare = replace(frame("door", 0), seq=None, boot_id=None)
    camera = newest(bare)
    camera.see(nameless(observation("door", 0)), 0.0)
    assert shown(camera, waits=True) == (1, None, True)
    camera.take(bare)
    assert shown(camera, waits=True) is None
