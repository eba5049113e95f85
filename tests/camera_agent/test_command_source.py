import logging
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from camera_agent.pace import Pace
from camera_agent.settings import CommandSource
from camera_agent.sources import Captured, Source, SourceError, open_source
from camera_agent.sources.command import Command
from tests.private_broker import eventually

CAMERA = """
import sys, time
photos = [open(name, "rb").read() for name in sys.argv[2:]]
print("camera is warm", file=sys.stderr, flush=True)
for number in range(int(sys.argv[1])):
    sys.stdout.buffer.write(b"garbage \\xff\\xd8 \\xff\\xd8\\xff\\xe0\\x00\\x30 more")
    sys.stdout.buffer.write(photos[number % len(photos)])
    sys.stdout.buffer.flush()
    time.sleep(0.01)
print("lens fell off", file=sys.stderr, flush=True)
sys.exit(3)
"""


@pytest.fixture
def camera(tmp_path: Path, photos: Path) -> Callable[[int], CommandSource]:
    """Settings for a program that sends so many frames, and dies."""
    program = tmp_path / "camera.py"
    program.write_text(CAMERA)
    files = [str(photos / name) for name in ("obama.jpg", "biden.jpg")]
    return lambda frames: CommandSource(command=(sys.executable, str(program), str(frames), *files))


def close(source: Source) -> None:
    source.stop()
    source.close()


def test_sends_what_the_program_writes_and_tells_of_its_end(
    camera: Callable[[int], CommandSource], photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = open_source(camera(100), Pace(60))
    sent: list[bytes] = []
    with pytest.raises(SourceError, match=r"ended with status 3: lens fell off"):
        sent.extend(captured.jpeg for captured in source.frames())
    close(source)
    known = {(photos / name).read_bytes() for name in ("obama.jpg", "biden.jpg")}
    assert len(sent) >= 3
    assert set(sent) == known
    assert "camera is warm" in caplog.text


def complain(program: str) -> str:
    """What a source says at the end of this Python program, which sends no picture."""
    source = open_source(CommandSource(command=(sys.executable, "-c", program)), Pace(60))
    with pytest.raises(SourceError) as caught:
        next(source.frames())
    close(source)
    return str(caught.value)


def test_a_carriage_return_ends_a_line_as_in_the_statistics_of_ffmpeg(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    program = (
        "import sys\n"
        "for number in range(100):\n"
        "    sys.stderr.write(f'frame={number:5} fps= 25 q=5.0\\r')\n"
        "    sys.stderr.flush()\n"
        "sys.exit('camera is gone')"
    )
    assert complain(program).endswith("ended with status 1: camera is gone")
    lines = [one for one in caplog.messages if "fps= 25" in one]
    assert len(lines) == 100
    assert lines[41].endswith(": frame=   41 fps= 25 q=5.0")


def test_a_line_without_end_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tracemalloc.start()
    failure = complain("import sys; sys.stderr.write('x' * 3_000_000 + ' camera is gone')")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000
    assert failure.endswith("x camera is gone")
    assert len(failure) < 300
    assert max(len(one) for one in caplog.messages) < 300


def test_a_slow_reader_gets_the_newest_frame(tmp_path: Path, photos: Path) -> None:
    program = tmp_path / "counting.py"
    program.write_text(
        "import sys, time\nphoto = open(sys.argv[1], 'rb').read()\n"
        "for number in range(1000):\n"
        "    comment = b'%08d' % number\n"
        "    sys.stdout.buffer.write(photo[:2] + b'\\xff\\xfe\\x00\\x0a' + comment + photo[2:])\n"
        "    sys.stdout.buffer.flush()\n"
        "    time.sleep(0.01)\n"
    )
    source = open_source(
        CommandSource(command=(sys.executable, str(program), str(photos / "obama.jpg"))), Pace(60)
    )
    assert isinstance(source, Command)
    frames = source.frames()
    first = number(next(frames))
    assert eventually(lambda: number(source._newest._frame) > first + 10)
    second = number(next(frames))
    close(source)
    assert second > first + 10


def number(frame: Captured | None) -> int:
    return int(frame.jpeg[6:14]) if frame is not None else -1


def test_close_takes_the_whole_process_group_down(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 60 & echo $$ $! > {pids}; wait; sleep 60"
    source = open_source(CommandSource(command=("sh", "-c", script)), Pace(5))
    assert eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    began = time.monotonic()
    close(source)
    assert time.monotonic() - began < 10
    for pid in pids.read_text().split():
        assert eventually(partial(is_gone, int(pid)))
    assert list(source.frames()) == []


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_program_that_does_not_exist_is_one_clear_line() -> None:
    with pytest.raises(SourceError) as caught:
        open_source(CommandSource(command="rpicam-vidd --codec mjpeg"), Pace(5))
    assert str(caught.value) == (
        "program 'rpicam-vidd' cannot be started: No such file or directory; install it, or correct "
        "source.command"
    )


def test_a_program_that_writes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camera_agent.sources.newest.STALL_SECONDS", 0.3)
    source = open_source(CommandSource(command="sleep 60"), Pace(60))
    with pytest.raises(SourceError, match="no frame for"):
        next(source.frames())
    close(source)
