"""The agent as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


class AgentProcess:
    """`camera-agent` with a configuration, and what it wrote to its standard error."""

    def __init__(self, folder: Path, port: int, cameras: str, *options: str) -> None:
        config = folder / "config.yaml"
        config.write_text(f"broker: {{port: {port}, reconnect_max_seconds: 1}}\ncameras:\n{cameras}")
        self._log = folder / "agent.log"
        with self._log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "camera_agent", "--config", str(config), *options],
                cwd=ROOT,
                stderr=stderr,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def resident_megabytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def end(self, number: signal.Signals = signal.SIGTERM, timeout_seconds: float = 20.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout_seconds)


StartAgent = Callable[..., AgentProcess]
