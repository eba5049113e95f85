"""One camera: its thread, its session with the broker, its source, and the source's restarts."""

import logging
import threading
from collections.abc import Callable

from broker.session import Session
from broker.settings import BrokerSettings
from broker.states import status
from broker.topics import Topics
from camera_agent.outlet import Outlet
from camera_agent.pace import Pace
from camera_agent.settings import CameraSettings
from camera_agent.sources import Source, SourceError, open_source
from camera_agent.tally import Tally

log = logging.getLogger(__name__)

FIRST_CONNECTION_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class Camera:
    """From `start` to `close`, or to the end of a replay. `on_end` hears of a bug, or None, on this thread.

    Raises OSError when a password, certificate or key file cannot be read.
    """

    def __init__(
        self,
        device: str,
        settings: CameraSettings,
        broker: BrokerSettings,
        boot_id: str,
        on_end: Callable[[Exception | None], None],
    ) -> None:
        topics = Topics(broker.prefix)
        self.device = device
        self.captured = 0
        self.tally = Tally(device)
        self._settings = settings
        self._on_end = on_end
        self._stop = threading.Event()
        self._source: Source | None = None
        self._source_change = threading.Lock()
        self._failure: str | None = None
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._farewell = status(topics.device_status(device), "offline")
        self._session = Session(
            settings.broker_for(device, broker),
            client_id=f"agent-{device}",
            will=self._farewell,
            births=lambda: [status(topics.device_status(device), "online")],
            on_bug=on_end,
        )
        self._outlet = Outlet(device, self._session, topics, boot_id, self.tally, test=settings.source.test)
        self._thread = threading.Thread(target=self._run, name=device, daemon=True)

    @property
    def turns(self) -> int:
        """Turns of work so far: frames of the source and waits for the broker. A hung source takes none."""
        return self.captured + self._outlet.waits

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Asks the thread to end; `join` waits for it."""
        self._stop.set()
        with self._source_change:
            source = self._source
        if source is not None:
            source.stop()

    def join(self, timeout_seconds: float) -> None:
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        bug = None
        self._session.start()
        try:
            self._session.wait_connected(FIRST_CONNECTION_SECONDS)
            self._publish()
        except Exception as error:
            log.critical("%s: a bug in its thread", self.device, exc_info=error)
            bug = error
        finally:
            self._session.stop([self._farewell])
            self._on_end(bug)

    def _publish(self) -> None:
        while not self._stop.is_set():
            try:
                if self._play():
                    return
            except SourceError as error:
                self._report(str(error))
                self._stop.wait(self._pause_seconds)
                self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    def _play(self) -> bool:
        """Sends a source's frames to its end; whether that is the end of the work."""
        source = open_source(self._settings.source, Pace(self._settings.fps))
        with self._source_change:
            self._source = source
        try:
            if self._stop.is_set():
                return True
            for captured in source.frames():
                self._note_progress()
                if source.replay:
                    self._outlet.deliver(captured, self._stop)
                else:
                    self._outlet.offer(captured)
            return source.replay
        finally:
            source.close()

    def _note_progress(self) -> None:
        self.captured += 1
        self._pause_seconds = FIRST_PAUSE_SECONDS
        if self._failure is not None:
            log.info("%s: frames come again", self.device)
            self._failure = None

    def _report(self, failure: str) -> None:
        level = logging.DEBUG if failure == self._failure else logging.WARNING
        log.log(level, "%s: %s; trying again", self.device, failure)
        self._failure = failure
