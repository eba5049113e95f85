"""An outbox whose file goes away under the node, and two nodes that want one."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_node.outbox.claim import ClaimedError, claimed
from edge_node.outbox.outbox import Outbox
from edge_node.outbox.settings import OutboxSettings
from tests.edge_node.outbox.made_up import event

ALL = 10_000


def all_of(outbox: Outbox) -> list[str]:
    return [row.event_id for row in [*outbox.others(0, (), ALL), *outbox.news((), ALL)]]


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
