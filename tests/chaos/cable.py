"""A cable to the broker that can be cut in the midst of a packet, or swallow what goes through it."""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self


class Cable:
    """Passes TCP connections on to a port of this machine. May be cut as often as one likes."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._left: int | None = None
        self._is_black_hole = False
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # closing it would not end `accept`
        self._accepting.join()
        self._listener.close()
        self._cut()

    def cut_after(self, count: int) -> None:
        """So many bytes pass, and every connection is gone."""
        with self._lock:
            self._left = count

    def swallow(self, seconds: float) -> None:
        """Connections stay, and nothing arrives."""
        self._is_black_hole = True
        time.sleep(seconds)
        self._is_black_hole = False
        self._cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to_port))
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                if self._is_black_hole:
                    continue
                with self._lock:
                    is_last = self._left is not None and len(data) >= self._left
                    passing = data[: self._left] if is_last else data
                    if self._left is not None:
                        self._left = None if is_last else self._left - len(data)
                sink.sendall(passing)
                if is_last:
                    self._cut()
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
