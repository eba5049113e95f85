"""One camera: its thread, its session with the broker, its source, and the source's restarts."""

import logging
import threading
from collections.abc import Callable

from broker.capture import CaptureChange
from broker.errors import MessageError
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.states import status
from broker.subscription import Subscription
from broker.topics import Topics
from camera_agent.adjust import capture_of, changed, must_reopen
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
        topics = self._topics = Topics(broker.prefix)
        self.device = device
        self.captured = 0
        self.failures = 0
        self.tally = Tally(device)
        self._configured = self._settings = settings
        self._pace = Pace(settings.fps)
        self._on_end = on_end
        self._stop = threading.Event()
        self._try_now = threading.Event()
        self._source: Source | None = None
        self._source_change = threading.Lock()
        self._reopen = False
        self._refusal: str | None = None
        self._failure: str | None = None
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._farewell = status(topics.device_status(device), "offline")
        self._session = Session(
            settings.broker_for(device, broker),
            client_id=f"agent-{device}",
            subscriptions=[Subscription(topics.device_settings_set(device), self._receive, qos=1)],
            will=self._farewell,
            births=lambda: [status(topics.device_status(device), "online"), self._state()],
            on_bug=on_end,
        )
        self._outlet = Outlet(device, self._session, topics, boot_id, self.tally, test=settings.source.test)
        self._thread = threading.Thread(target=self._run, name=device, daemon=True)

    @property
    def turns(self) -> int:
        """Turns of work so far: frames, failed tries, half seconds of waiting. A hung thread takes none."""
        return self.captured + self.failures + self._pace.steps + self._outlet.waits

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Asks the thread to end; `join` waits for it."""
        self._stop.set()
        self._try_now.set()
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
                self.failures += 1
                self._report(str(error))
                self._try_now.wait(self._pause_seconds)
                self._try_now.clear()
                self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    def _play(self) -> bool:
        """Sends a source's frames to its end; whether that is the end of the work."""
        with self._source_change:
            self._reopen = False
            settings = self._settings.source
        source = open_source(settings, self._pace)
        with self._source_change:
            self._source = source
            reopen = self._reopen
        try:
            if self._stop.is_set() or reopen:
                return not reopen
            for captured in source.frames():
                self._note_progress()
                if source.replay:
                    self._outlet.deliver(captured, self._stop)
                else:
                    self._outlet.offer(captured)
            return source.replay and not self._reopen
        finally:
            source.close()

    def _receive(self, publication: Publication) -> None:
        """On the network thread: a change of settings, which holds until the agent ends."""
        try:
            self._change(CaptureChange.from_publication(publication))
        except MessageError as error:
            level = logging.DEBUG if str(error) == self._refusal else logging.WARNING
            log.log(level, "%s: settings stay as they are: %s", self.device, error)
            self._refusal = str(error)
            return
        self._refusal = None
        self._session.publish(self._state())

    def _change(self, change: CaptureChange) -> None:
        with self._source_change:
            before, self._settings = self._settings, changed(self._configured, self._settings, change)
            self._pace.change(self._settings.fps)
            if must_reopen(before, self._settings):
                self._reopen = True
                self._try_now.set()
                if self._source is not None:
                    self._source.stop()
        log.info("%s: settings now %s", self.device, capture_of(self._settings).to_json().decode())

    def _state(self) -> Publication:
        return capture_of(self._settings).to_publication(self.device, self._topics)

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
