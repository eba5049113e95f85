from pathlib import Path

import pytest

from broker.publication import Publication
from broker.topics import Topics
from edge_node.switches import Switches

TOPICS = Topics()


class Desk:
    """Switches and what they have published."""

    def __init__(self, folder: Path) -> None:
        self.said: list[tuple[str, bytes, bool]] = []
        self.switches = Switches(
            folder / "state/switches.json",
            "node-1",
            TOPICS,
            lambda one: self.said.append((one.topic, one.payload, one.retain)),
        )

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.switches.receive(Publication(topic=topic, payload=payload, retain=retain))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_recognition_is_on_until_somebody_turns_it_off(desk: Desk) -> None:
    assert desk.switches.is_on("door")
    assert desk.switches.device_state("door").payload == b"ON"
    assert desk.switches.node_state().payload == b"ON"


def test_a_camera_is_turned_off_alone_and_says_so_retained(desk: Desk) -> None:
    desk.send("edge/devices/door/enabled/set", b"OFF")
    assert not desk.switches.is_on("door")
    assert desk.switches.is_on("garden")
    assert desk.said == [("edge/devices/door/enabled", b"OFF", True)]


def test_the_node_turns_all_its_cameras_off_and_they_keep_their_own_state(desk: Desk) -> None:
    desk.send("edge/nodes/node-1/enabled/set", b"OFF")
    assert not desk.switches.is_on("door")
    assert desk.switches.device_state("door").payload == b"ON"
    desk.send("edge/nodes/node-1/enabled/set", b"ON")
    assert desk.switches.is_on("door")


def test_what_is_off_is_off_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.send("edge/devices/door/enabled/set", b"OFF")
    desk.send("edge/devices/garden/enabled/set", b"OFF")
    desk.send("edge/devices/garden/enabled/set", b"ON")
    restarted = Desk(tmp_path).switches
    assert not restarted.is_on("door")
    assert restarted.is_on("garden")


@pytest.mark.parametrize("payload", [b"", b"off", b"true", b"\xff", b"OFF "])
def test_other_words_change_nothing(desk: Desk, payload: bytes) -> None:
    desk.send("edge/devices/door/enabled/set", payload)
    assert desk.switches.is_on("door")
    assert desk.said == []


@pytest.mark.parametrize("device", ["Garage", "", "a\u200bb", "x" * 65])
def test_what_is_no_camera_is_not_switched(desk: Desk, tmp_path: Path, device: str) -> None:
    desk.send("edge/devices/door/enabled/set", b"OFF")
    desk.send(f"edge/devices/{device}/enabled/set", b"OFF")
    assert len(desk.said) == 1
    assert not Desk(tmp_path).switches.is_on("door")


def test_one_bad_name_in_the_file_does_not_switch_the_others_on(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/switches.json").write_text('{"devices_off":["Bad Id","door"]}')
    assert not Desk(tmp_path).switches.is_on("door")


def test_a_retained_command_is_not_obeyed(desk: Desk) -> None:
    desk.send("edge/devices/door/enabled/set", b"OFF", retain=True)
    assert desk.switches.is_on("door")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"devices_off":7}', b"\xff"])
def test_an_odd_file_is_no_reason_to_stay_down(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/switches.json").write_bytes(content)
    assert Desk(tmp_path).switches.is_on("door")


def test_a_switch_that_cannot_be_kept_holds_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    desk = Desk(tmp_path)
    desk.send("edge/devices/door/enabled/set", b"OFF")
    assert not desk.switches.is_on("door")
