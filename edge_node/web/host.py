"""The Host header: by what name or address the page was reached."""

import ipaddress
import re
from collections.abc import Collection

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.-]+))(?::[0-9]{1,5})?")


def is_ours(host: str, names: Collection[str]) -> bool:
    """Whether it is an address, or one of the names, which are in lower case; with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"]
    if name is not None and name.lower() in names:
        return True
    try:
        _ = ipaddress.IPv6Address(found["v6"]) if name is None else ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
