"""Whether a host is this machine itself."""

import ipaddress


def is_loopback(host: str) -> bool:
    """A name other than `localhost` counts as elsewhere: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
