"""An outbox whose file goes away under the node, and two nodes that want one."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from broker.messages import Event
from edge_node.outbox.claim import ClaimedError, claimed
from edge_node.outbox.outbox import Outbox
from edge_node.outbox.settings import OutboxSettings
from tests.edge_node.outbox.made_up import event

ALL = 10_000


def all_of(outbox: Outbox) -> list[str]:
    return [row.event_id for row in [*outbox.others(0, (), ALL), *outbox.news((), ALL)]]


def level(outbox: Outbox) -> str:
    return outbox.filling.level


def delete_all(file: Path) -> None:
    for one in file.parent.glob("outbox.db*"):
        one.unlink()


def replace(file: Path) -> None:
    stranger = file.with_name("stranger")
    stranger.write_text("of somebody else")
    stranger.replace(file)


def move(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


WAYS: dict[str, Callable[[Path], None]] = {
    "all files": delete_all,
    "the table alone": Path.unlink,
    "the folder": lambda file: shutil.rmtree(file.parent),
    "replaced": replace,
    "moved": move,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_taken_away_under_the_node_is_written_anew_with_all_that_waits(
    tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "state/outbox.db"
    outbox = Outbox(file, OutboxSettings(max_events=300))
    events = [event() for _ in range(310)]
    for one in events:
        outbox.put(one)
    ids = [one.event_id for one in events[10:]]
    outbox.settle(ids[:5], ids[5:7])
    WAYS[way](file)
    late = event()
    outbox.put(late)
    outbox.tend()
    later = event()
    outbox.put(later)
    expected = [*ids[:5], *ids[7:], late.event_id, later.event_id]
    assert all_of(outbox) == expected
    assert (outbox.filling.level, outbox.filling.dropped) == ("full", 10)
    after_a_kill = Outbox(file, OutboxSettings(max_events=300))
    assert all_of(after_a_kill) == expected
    assert after_a_kill.filling.dropped == 10
    ours = [one for one in file.parent.glob("outbox.db*") if not one.name.endswith(".replaced")]
    assert {one.stat().st_mode & 0o777 for one in ours} == {0o600}
    assert len([one for one in caplog.records if "was taken away" in one.message]) == 1
    if way == "replaced":
        assert file.with_name("outbox.db.replaced").read_text() == "of somebody else"


def test_a_file_that_cannot_be_put_back_at_once_is_put_back_later(tmp_path: Path) -> None:
    now, file = 0.0, tmp_path / "state/outbox.db"
    outbox = Outbox(file, OutboxSettings(), clock=lambda: now)
    one, other = event(), event()
    outbox.put(one)
    shutil.rmtree(file.parent)
    file.parent.write_text("a file where a folder should be")
    outbox.tend()
    outbox.put(other)
    file.parent.unlink()
    now = 60.0
    outbox.tend()
    assert all_of(Outbox(file, OutboxSettings())) == [one.event_id, other.event_id]


def test_while_it_cannot_be_put_back_it_is_broken_and_a_restart_is_not_needed(tmp_path: Path) -> None:
    now, file = 0.0, tmp_path / "outbox.db"
    outbox = Outbox(file, OutboxSettings(), clock=lambda: now)
    outbox.put(event())
    delete_all(file)
    file.with_name("outbox.db.part").mkdir()
    outbox.tend()
    outbox.put(event())
    assert level(outbox) == "broken"
    file.with_name("outbox.db.part").rmdir()
    now = 5.0
    outbox.tend()
    now = 10.0
    outbox.tend()
    assert level(outbox) == "ok"
    assert all_of(Outbox(file, OutboxSettings())) == all_of(outbox)
    assert outbox.filling.waiting == 2


def test_a_stranger_with_a_log_of_its_own_is_kept_whole_and_gets_not_into_ours(tmp_path: Path) -> None:
    file, strange = tmp_path / "outbox.db", tmp_path / "strange/outbox.db"
    outbox, stranger = Outbox(file, OutboxSettings()), Outbox(strange, OutboxSettings())
    ours, theirs = [event() for _ in range(20)], [event() for _ in range(7)]
    for one in ours:
        outbox.put(one)
    for one in theirs:
        stranger.put(one)
    for found in strange.parent.glob("outbox.db*"):
        shutil.copy(found, file.with_name("new" + found.name))
        file.with_name("new" + found.name).replace(file.with_name(found.name))
    outbox.tend()
    assert all_of(Outbox(file, OutboxSettings())) == [one.event_id for one in ours]
    replaced = file.with_name("outbox.db.replaced")
    assert all_of(Outbox(replaced, OutboxSettings())) == [one.event_id for one in theirs]


def test_a_copy_that_was_whole_when_the_node_was_killed_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "outbox.db"
    outbox = Outbox(file, OutboxSettings())
    outbox.put(event())
    ids = all_of(outbox)
    outbox.close()
    file.replace(file.with_name("outbox.db.part"))
    assert all_of(Outbox(file, OutboxSettings())) == ids


def test_a_damaged_file_that_cannot_be_put_aside_keeps_no_node_from_starting(tmp_path: Path) -> None:
    now, file = 0.0, tmp_path / "outbox.db"
    file.write_bytes(b"no database at all " * 1_000)
    file.with_name("outbox.db.damaged").mkdir()
    outbox = Outbox(file, OutboxSettings(), clock=lambda: now)
    one = event()
    outbox.put(one)
    assert level(outbox) == "broken"
    file.with_name("outbox.db.damaged").rmdir()
    now = 5.0
    outbox.tend()
    now = 10.0
    outbox.tend()
    assert all_of(Outbox(file, OutboxSettings())) == [one.event_id]


def test_one_outbox_is_for_one_node(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"node: {{state_dir: {tmp_path}}}\n")
    command = [sys.executable, "-m", "edge_node", "run", "--config", str(config)]
    with claimed(tmp_path / "outbox.db"):
        second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 1
        assert second.stderr.splitlines()[-1] == (
            f"another node uses {tmp_path}; give each its own node.state_dir and node.id"
        )
        with pytest.raises(ClaimedError), claimed(tmp_path / "outbox.db"):
            pass
    with claimed(tmp_path / "outbox.db"):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from broker.messages import Event
from edge_node.outbox.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_node_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "outbox.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(ClaimedError), claimed(file):
            pass
        holder.send_signal(signal.SIGKILL)
    with claimed(file):
        pass


def test_without_a_folder_for_the_lock_the_node_starts(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with claimed(tmp_path / "state/outbox.db"):
        pass


def opened(file: Path) -> Outbox:
    """Damage is found when it is read."""
    outbox = Outbox(file, OutboxSettings())
    all_of(outbox)
    return outbox


def closed_with(number: int, file: Path) -> list[Event]:
    outbox = Outbox(file, OutboxSettings())
    events = [event() for _ in range(number)]
    for one in events:
        outbox.put(one)
    outbox.close()
    return events


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 0x80
    file.write_bytes(content)


def flip_in(file: Path, text: bytes) -> None:
    flip(file, file.read_bytes().index(text) + 1)


def change(statement: str) -> Callable[[Path], None]:
    def changed(file: Path) -> None:
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(statement)

    return changed


DAMAGE: dict[str, Callable[[Path], None]] = {
    "a letter of a name": lambda file: flip_in(file, b"front-door"),
    "a moment": change("UPDATE events SET at = replace(at, '2', 'R') WHERE number = 2"),
    "a name that is a number": change("UPDATE events SET device = x'05' WHERE number = 2"),
    "a number": change("UPDATE tally SET count = 'none'"),
    "another layout": change("ALTER TABLE events ADD COLUMN colour TEXT"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_can_be_read_of_a_damaged_file_goes_on_in_a_new_one(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "outbox.db"
    events = closed_with(5, file)
    DAMAGE[damage](file)
    outbox = opened(file)
    another = event()
    outbox.put(another)
    assert all_of(outbox) == [one.event_id for one in [*events, another]]
    assert [row.payload for row in outbox.others(0, (), ALL)] == [one.to_json() for one in events]
    assert (level(outbox), outbox.filling.dropped) == ("ok", 0)
    assert [row.event_id for row in outbox.news((), ALL)] == [another.event_id]
    assert "5 of its events wait in a new one, 0 are given up" in caplog.text
    assert file.with_name("outbox.db.damaged").exists()
    outbox.close()
    assert all_of(Outbox(file, OutboxSettings())) == [one.event_id for one in [*events, another]]


@pytest.mark.parametrize("payload", ["'no JSON'", "3000000000000", "0.5"])
def test_what_cannot_be_read_is_counted_as_given_up(tmp_path: Path, payload: str) -> None:
    file = tmp_path / "outbox.db"
    events = closed_with(5, file)
    change("UPDATE tally SET count = 7")(file)
    change(f"UPDATE events SET payload = {payload}, at = 'never' WHERE number = 3")(file)
    outbox = opened(file)
    assert all_of(outbox) == [one.event_id for one in events if one is not events[2]]
    assert outbox.filling.dropped == 8


def test_whatever_bit_flips_new_events_are_kept(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    closed_with(5, whole)
    chance = random.Random(1)
    size = whole.stat().st_size
    for number in range(60):
        file = tmp_path / str(number) / "outbox.db"
        file.parent.mkdir()
        shutil.copy(whole, file)
        flip(file, chance.randrange(size))
        outbox = opened(file)
        one = event()
        outbox.put(one)
        assert one.event_id in all_of(outbox)
        outbox.close()
