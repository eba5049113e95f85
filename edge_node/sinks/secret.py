"""Secrets stay out of config.yaml: it names files that hold them."""

from pathlib import Path


def secret(file: Path) -> bytes:
    """The first line of a file. Raises OSError when it cannot be read or is empty."""
    line = file.read_bytes().split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise OSError(f"{file}: expected the secret on the first line, which is empty")
    return line
