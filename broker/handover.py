"""Following a publication until it is out of our hands."""

from paho.mqtt.client import MQTTMessageInfo


class Handover:
    """What became of a publication: at QoS 0 written to the socket, at QoS 1 acknowledged by the broker."""

    def __init__(self, info: MQTTMessageInfo) -> None:
        self._info = info

    @property
    def done(self) -> bool:
        """Whether nothing is left to wait for; True as well for what was dropped with a lost connection."""
        try:
            return self._info.is_published()
        except (RuntimeError, ValueError):
            return True

    def wait(self, timeout_seconds: float) -> bool:
        """Blocks until done, and says whether it was handed over."""
        try:
            self._info.wait_for_publish(timeout_seconds)
            return self._info.is_published()
        except (RuntimeError, ValueError):
            return False
