"""One camera's frames onto its session, one at a time."""

import threading
from dataclasses import replace

from broker import timestamps
from broker.errors import MessageError
from broker.handover import Handover
from broker.messages import Frame
from broker.session import Session
from broker.topics import Topics
from camera_agent.sources import Captured
from camera_agent.tally import Tally

CONNECT_SECONDS = 0.5
HANDOVER_SECONDS = 0.5


class Outlet:
    """Numbers the frames and hands them to the session.

    paho queues without bound. So a frame is handed over only while there is a connection and the frame before
    it has left; any other is dropped and counted. Each frame takes a number, so that gaps show downstream.
    `waits` counts the times that `deliver` waited in vain, half a second each, and is still at it.
    """

    def __init__(
        self, device: str, session: Session, topics: Topics, boot_id: str, tally: Tally, *, test: bool
    ) -> None:
        self._device = device
        self._session = session
        self._topics = topics
        self._boot_id = boot_id
        self._tally = tally
        self._test = test
        self.waits = 0
        self._seq = 0
        self._previous: Handover | None = None

    def offer(self, captured: Captured) -> None:
        """Sends the frame now or never."""
        frame = self._frame(captured)
        if not self._session.is_connected:
            self._tally.drop("there is no connection to the broker")
        elif self._previous is not None and not self._previous.done:
            self._tally.drop("the broker takes them too slowly")
        elif self._hand_over(frame):
            self._tally.publish()

    def deliver(self, captured: Captured, stop: threading.Event) -> None:
        """Sends the frame, however long that takes, unless stopped. It counts as captured when it is sent."""
        frame = self._frame(captured)
        while not stop.is_set():
            if not self._session.wait_connected(CONNECT_SECONDS):
                self.waits += 1
                continue
            if not self._hand_over(replace(frame, captured_at=timestamps.now())):
                return
            assert self._previous is not None
            while not self._previous.done and not stop.is_set():
                if not self._previous.wait(HANDOVER_SECONDS):
                    self.waits += 1
            if self._previous.wait(0):
                self._tally.publish()
                return

    def _frame(self, captured: Captured) -> Frame:
        frame = Frame(
            device=self._device,
            jpeg=captured.jpeg,
            captured_at=captured.captured_at,
            seq=self._seq,
            boot_id=self._boot_id,
            test=self._test,
        )
        self._seq += 1
        return frame

    def _hand_over(self, frame: Frame) -> bool:
        try:
            self._previous = self._session.publish(frame.to_publication(self._topics))
        except MessageError as error:
            self._tally.drop("larger than the broker takes" if error.reason == "too_large" else str(error))
            return False
        return True
