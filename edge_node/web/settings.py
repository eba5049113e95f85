"""The section `web` of config.yaml."""

import os
import stat
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from broker.loopback import is_loopback

HOST_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?!\n)$"
Name = Annotated[str, Meta(pattern=HOST_PATTERN)]

TOKEN_MIN = 16
CREDENTIAL = "web-token"


class WebSettings(Struct, frozen=True, kw_only=True):
    """The page, `edge-node web`."""

    enabled: bool = True
    """Whether `edge-node up` starts the page."""
    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    """Address of this machine to listen at; one that is not loopback needs a token."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8642
    """Port to listen at; 0 takes any free one."""
    names: tuple[Name, ...] = ()
    """Names by which browsers reach the page, such as `hub.local`; `localhost` and addresses always work."""
    token_file: Path | None = None
    """File with the token that lets people in, one line of 16 ASCII characters or more. Default:
    systemd's credential `web-token`. Without a token everybody on this machine is let in."""

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    def token(self) -> str | None:
        """Raises OSError for a file that cannot be read, ValueError for a token that is none."""
        file = self.token_file
        if file is None:
            credentials = os.environ.get("CREDENTIALS_DIRECTORY")
            file = Path(credentials) / CREDENTIAL if credentials else None
            if file is None or not file.exists():
                return None
        token = file.read_text("ascii", "replace").strip()
        if not token and self.token_file is None:
            return None  # the credential stands in for a missing file
        if len(token) < TOKEN_MIN:
            raise ValueError(f"expected {TOKEN_MIN} characters or more: openssl rand -hex 24 > {file}")
        if not (token.isascii() and token.isprintable()):
            raise ValueError(f"expected one line of ASCII, which is what HTTP can carry, in {file}")
        return token

    def token_faults(self) -> list[str]:
        """What is wrong with the token: key and why."""
        try:
            self.token()
        except OSError as error:
            return [f"web.token_file: {error.filename} cannot be read: {error.strerror}"]
        except ValueError as error:
            return [f"web.token_file: {error}"]
        return []

    def faults(self) -> list[str]:
        """What keeps the page from starting: key and what is wrong."""
        faults = self.token_faults()
        if not faults and not self.is_loopback and self.token() is None:
            return [
                f"web.host: {self.host} is open to others: expected a token_file, or 127.0.0.1 "
                "(openssl rand -hex 24 makes a token)"
            ]
        return faults

    def warnings(self) -> list[str]:
        """What lets the page start and should not stay so."""
        file = self.token_file
        if file is None or not file.exists() or not file.stat().st_mode & stat.S_IROTH:
            return []
        return [f"web.token_file: everybody on this machine may read it: chmod o= {file}"]
