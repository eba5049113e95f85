"""The errors of the agreement: what arrived is not as agreed, or what is configured cannot be."""

from collections.abc import Sequence


class MessageError(Exception):
    """A publication that breaks the agreement. `reason` is a short code to count it under."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ConfigError(Exception):
    """A configuration with faults: one line each, naming file, line, key and what was expected."""

    EXIT_CODE = 78  # EX_CONFIG of sysexits.h; systemd units do not restart on it

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class SettingError(ValueError):
    """A setting that does not go with the others, raised by the settings that hold it.

    key: the way to it from there: names, and places in lists.
    """

    def __init__(self, key: Sequence[str | int], expected: str) -> None:
        super().__init__(expected)
        self.key = tuple(key)


class BrokerError(Exception):
    """A broker that could not be started here. The text says why, in its own words, and what to do."""
