"""Pictures from a program that writes MJPEG to its standard output, such as rpicam-vid or ffmpeg."""

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator

from broker import timestamps
from camera_agent.pace import Pace
from camera_agent.settings import CommandSource
from camera_agent.sources import Captured, SourceError
from camera_agent.sources.last_words import LastWords
from camera_agent.sources.mjpeg import Splitter
from camera_agent.sources.newest import Newest

log = logging.getLogger(__name__)

CHUNK_BYTES = 65536
GOODBYE_SECONDS = 1.0


class Command:
    """Reads the program as fast as it writes, so that what is sent is never old."""

    replay = False

    def __init__(self, settings: CommandSource, pace: Pace) -> None:
        self._words = settings.words()
        self._pace = pace
        self._newest = Newest()
        self._last_words = LastWords()
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise SourceError(
                f"program {self._words[0]!r} cannot be started: {error.strerror}; install it, or correct "
                "source.command"
            ) from error
        self._listener = threading.Thread(target=self._listen, name="stderr", daemon=True)
        self._reader = threading.Thread(target=self._read, name="stdout", daemon=True)
        self._listener.start()
        self._reader.start()

    def frames(self) -> Iterator[Captured]:
        return self._newest.frames(self._pace)

    def stop(self) -> None:
        self._newest.stop()

    def close(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            log.debug("%s does not end by itself", self._words[0])
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(GOODBYE_SECONDS)
        self._listener.join(GOODBYE_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        """To the program and its children: it leads a process group of its own."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    def _read(self) -> None:
        assert self._process.stdout is not None
        splitter = Splitter()
        with self._process.stdout as pipe:
            while chunk := pipe.read(CHUNK_BYTES):
                pictures = splitter.feed(chunk)
                if pictures and self._pace.admits():
                    self._newest.put(Captured(pictures[-1], timestamps.now()))
        try:
            status = self._process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            ending = "closed its output"
        else:
            ending = f"ended with status {status}"
        self._listener.join(GOODBYE_SECONDS)
        if last_words := str(self._last_words):
            ending += f": {last_words}"
        self._newest.fail(SourceError(f"{self._words[0]} {ending}"))

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            while chunk := pipe.read(CHUNK_BYTES):
                self._tell(chunk)
        self._tell(b"\n")

    def _tell(self, chunk: bytes) -> None:
        for line in self._last_words.feed(chunk):
            log.debug("%s: %s", self._words[0], line)
