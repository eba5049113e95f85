"""The socket at which the page listens, or what to change when it cannot."""

import errno
import socket

from edge_node.web.settings import WebSettings


class ListenError(Exception):
    """Nobody can listen there. The text names key and place, and what was expected."""


class PortInUseError(ListenError):
    """Another program listens there."""


def listen(web: WebSettings) -> socket.socket:
    """Listens at once, so that whoever comes before the server is up waits and is not sent away. Raises
    ListenError."""
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[
            0
        ]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        if listener is not None:
            listener.close()
        raise _fault(web, error) from error
    return listener


def _fault(web: WebSettings, error: OSError) -> ListenError:
    place = f"[{web.host}]:{web.port}" if ":" in web.host else f"{web.host}:{web.port}"
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(f"web.port: {place} is in use by another program; expected a free port")
    if error.errno == errno.EACCES:
        return ListenError(f"web.port: this user may not listen at {place}; expected a port from 1024 on")
    reason = error.strerror or error
    return ListenError(f"web.host: cannot listen at {place}: {reason}; expected an address of this machine")
