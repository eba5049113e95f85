"""A real InfluxDB of one test's own, with a password."""

import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.private_broker import eventually, free_port

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = true
  log-enabled = false
[monitor]
  store-enabled = false
"""


class Influxd:
    """`start` after `kill` takes the same port and the same data. User `edge`, password `secret`."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("influxd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            pytest.skip("InfluxDB is not installed: sudo apt install influxdb")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "influxdb.conf"
        config.write_text(CONFIG.format(folder=folder, port=self.port, rpc=free_port()))
        self._command = [program, "-config", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": "/"},
        )
        assert eventually(self._answers, 20)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def create(self, database: str) -> None:
        self.query("CREATE USER edge WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
        self.query(f"CREATE DATABASE {database}")

    def points(self, database: str, measurement: str) -> list[dict[str, Any]]:
        """Tags and fields of each, oldest first; the time in nanoseconds."""
        answer = self.query(f"SELECT * FROM {measurement}", db=database, epoch="ns")
        return [
            dict(zip(series["columns"], values, strict=True))
            for series in answer["results"][0].get("series", [])
            for values in series["values"]
        ]

    def query(self, text: str, **arguments: str) -> Any:
        asked = urllib.parse.urlencode({"q": text, "u": "edge", "p": "secret", **arguments})
        with urllib.request.urlopen(f"{self.url}/query?{asked}", b"", timeout=20) as answer:
            return json.load(answer)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=1):
                return True
        except OSError:
            return False
