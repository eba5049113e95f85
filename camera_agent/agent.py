"""All the cameras of one process: started together, watched, and taken down."""

import logging
import secrets
import threading
import time
from collections.abc import Collection, Sequence

from broker import supervision
from broker.errors import ConfigError
from camera_agent.camera import Camera
from camera_agent.settings import AgentConfig

log = logging.getLogger(__name__)

GOODBYE_SECONDS = 2.0
BUG_EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h


class Agent:
    """Raises ConfigError when there is nothing to run, or a password or certificate file cannot be read."""

    def __init__(self, config: AgentConfig, only: Collection[str] = ()) -> None:
        self._stop = threading.Event()
        self._ended = 0
        self._bug: Exception | None = None
        self._ending = threading.Lock()
        self._seen = 0
        self._is_ready = False
        boot_id = secrets.token_hex(8)
        faults = []
        self.cameras: list[Camera] = []
        for device in _chosen(config, only):
            try:
                camera = Camera(device, config.cameras[device], config.broker, boot_id, self._note_end)
            except OSError as error:
                faults.append(f"cameras.{device}: a password or certificate file cannot be read: {error}")
            else:
                self.cameras.append(camera)
        if faults:
            raise ConfigError(faults)

    def run(self) -> int:
        """Blocks until stopped, or until all replays are over. Returns the exit code."""
        for camera in self.cameras:
            camera.start()
        supervision.until_stopped(self._stop, self._progressed)
        for camera in self.cameras:
            camera.close()
        deadline = time.monotonic() + GOODBYE_SECONDS
        for camera in self.cameras:
            camera.join(max(0.0, deadline - time.monotonic()))
            if camera.is_running:
                log.warning("%s: does not end; left to its last will", camera.device)
        return BUG_EXIT_CODE if self._bug else 0

    def _progressed(self) -> bool:
        """Whether any camera took a turn since the last time; the first, a frame, makes the agent ready."""
        seen, self._seen = self._seen, sum(camera.turns for camera in self.cameras)
        if self._seen == seen:
            return False
        if not self._is_ready:
            supervision.notify("READY=1")
            self._is_ready = True
        return True

    def _note_end(self, bug: Exception | None) -> None:
        with self._ending:
            self._bug = self._bug or bug
            self._ended += 1
            if bug is not None or self._ended == len(self.cameras):
                self._stop.set()


def _chosen(config: AgentConfig, only: Collection[str]) -> Sequence[str]:
    if not config.cameras:
        raise ConfigError(
            ["cameras: expected at least one camera, such as `front-door: {source: {type: picamera}}`"]
        )
    known = ", ".join(config.cameras)
    unknown = [name for name in only if name not in config.cameras]
    if unknown:
        raise ConfigError([f"--device {name}: no such camera; there are {known}" for name in unknown])
    return [device for device in config.cameras if not only or device in only]
