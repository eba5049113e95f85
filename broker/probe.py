"""Whether a broker does its work: for one that is stopped, the kernel still accepts connections."""

import socket

# MQTT v5, 3.1: clean start, 10 s keepalive, no properties, a client id of the broker's choice.
_CONNECT = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x00"
_CONNACK = 0x20
_DISCONNECT = b"\xe0\x00"


def answers(host: str, port: int, timeout_seconds: float) -> bool:
    """Whether a CONNECT is answered with a CONNACK, be it a refusal. Plain MQTT, no password."""
    try:
        with socket.create_connection((host, port), timeout_seconds) as connection:
            connection.sendall(_CONNECT)
            answer = connection.recv(128)
            connection.sendall(_DISCONNECT)
    except OSError:
        return False
    return answer[:1] == bytes([_CONNACK])
