"""A random password for each identity: hashed for Mosquitto, and in a file of its own for its owner."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from broker.errors import BrokerError

RANDOM_BYTES = 24


def program() -> str | None:
    """Where mosquitto_passwd is; Debian has it in the package `mosquitto`."""
    return shutil.which("mosquitto_passwd")


def create(names: Iterable[str], hashed: Path, credentials: Path) -> list[Path]:
    """Writes one file per name into `credentials`, and `hashed` for all of them; both for the owner's eyes.

    A password that exists stays, so that adding a camera leaves the others alone. Each file is ready for
    `LoadCredential=mqtt-password:FILE`. Raises BrokerError without mosquitto_passwd.
    """
    hasher = program()
    if hasher is None:
        raise BrokerError("mosquitto_passwd is not installed: sudo apt install mosquitto")
    credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {name: credentials / name for name in names}
    for file in files.values():
        if not file.exists():
            _write_private(file, secrets.token_urlsafe(RANDOM_BYTES) + "\n")
    fresh = hashed.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write_private(fresh, "".join(f"{name}:{file.read_text('utf-8')}" for name, file in files.items()))
    # -U hashes in place: given one by one, passwords would show in the list of processes.
    done = subprocess.run([hasher, "-U", str(fresh)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fresh.unlink(missing_ok=True)
        raise BrokerError(f"mosquitto_passwd failed: {(done.stderr or done.stdout).strip()}")
    fresh.chmod(0o600)
    fresh.replace(hashed)
    return list(files.values())


def _write_private(file: Path, content: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
