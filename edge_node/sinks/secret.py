"""Secrets stay out of config.yaml: it names files that hold them."""

import codecs
import logging
import stat
from pathlib import Path

from edge_node.sinks.sink import SinkError

log = logging.getLogger(__name__)


def secret(key: str, file: Path) -> bytes:
    """The first line of a file, without a byte order mark. Raises SinkError, which names key and file."""
    expected = "expected a file with the secret on its first line"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SinkError(f"{key}: {file} cannot be read: {error.strerror}; {expected}") from error
    line = content.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0].rstrip(b"\r")
    if b"\0" in line or line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SinkError(f"{key}: {file} holds UTF-16 or no text; {expected}, in UTF-8")
    if not line.strip():
        raise SinkError(f"{key}: {file} has an empty first line; {expected}")
    return line


def token(key: str, file: Path) -> str:
    """A secret that can stand in a header of HTTP. Raises SinkError."""
    text = secret(key, file).decode("utf-8", "replace").strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SinkError(f"{key}: {file}: expected a token of ASCII letters, digits and signs")
    return text


def warn_if_exposed(file: Path) -> None:
    """Raises OSError."""
    if file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        log.warning(
            "%s may be read or written by everybody on this machine; expected mode 0600 or 0640", file
        )
