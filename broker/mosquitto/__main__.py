"""Writes mosquitto.conf, mosquitto.acl and, on request, a password for each identity.

python -m broker.mosquitto --out etc --devices front-door,garage --passwords
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from broker import foreign
from broker.errors import BrokerError
from broker.mosquitto import acl, conf, passwords
from broker.topics import PREFIX_PATTERN, Topics, is_id


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    identities = acl.Identities(
        devices=options.devices,
        nodes=options.nodes,
        loggers=options.loggers,
        dashboards=options.dashboards,
        askers=options.askers,
        home_assistants=("homeassistant",) if options.homeassistant else (),
        feeds=tuple(options.feed),
    )
    twice = sorted({name for name in identities.names if identities.names.count(name) > 1})
    if twice:
        print(f"expected each name once: {', '.join(twice)}", file=sys.stderr)
        return 2
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    at = conf.Installation(folder=options.folder)
    (out / "mosquitto.conf").write_text(conf.installed(at), "utf-8")
    (out / at.acl_file.name).write_text(acl.text(identities, Topics(options.prefix)), "utf-8")
    print(f"{out}: mosquitto.conf, {at.acl_file.name}")
    if options.passwords:
        try:
            files = passwords.create(identities.names, out / at.password_file.name, out / "credentials")
        except BrokerError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{out}: {at.password_file.name}, and one for each: {', '.join(map(str, files))}")
        print(f"To {at.folder}: the three files for Mosquitto, {at.password_file.name} owned by {at.user}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m broker.mosquitto", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--devices", type=_names, default=("front-door", "garage"), help="cameras, by comma")
    parser.add_argument("--nodes", type=_names, default=("node-1",), help="recognition nodes, by comma")
    parser.add_argument("--loggers", type=_names, default=("edge-logger",), help="loggers, by comma")
    parser.add_argument("--dashboards", type=_names, default=(), help="other readers, by comma")
    parser.add_argument("--askers", type=_names, default=(), help="users of `edge-node ask`, by comma")
    parser.add_argument("--homeassistant", action="store_true", help="a user for Home Assistant")
    parser.add_argument(
        "--feed",
        type=_feed,
        action="append",
        default=[],
        metavar="[USER=]TOPIC",
        help="a topic of `feeds` in config.yaml, which nodes and dashboards may read and USER may write; may "
        "be repeated",
    )
    parser.add_argument("--prefix", type=_prefix, default="edge", help="first word of every topic")
    parser.add_argument("--passwords", action="store_true", help="make passwords; those that exist stay")
    parser.add_argument(
        "--folder", type=Path, default=Path("/etc/mosquitto"), help="where Mosquitto will find the files"
    )
    return parser


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    for name in names:
        if not is_id(name):
            raise argparse.ArgumentTypeError(f"no name for a topic: {name!r}; a-z, 0-9, - and _, 64 at most")
    return names


def _feed(text: str) -> acl.Feed:
    user, sign, topic = text.partition("=")
    feed = acl.Feed(topic, user) if sign and is_id(user) else acl.Feed(text)
    fault = foreign.fault_of(feed.topic) if feed.topic else "expected a topic"
    if fault is not None:
        raise argparse.ArgumentTypeError(f"{feed.topic!r}: {fault}")
    return feed


def _prefix(text: str) -> str:
    if not re.fullmatch(PREFIX_PATTERN, text):
        raise argparse.ArgumentTypeError(f"no prefix for topics: {text!r}")
    return text


if __name__ == "__main__":
    sys.exit(main())
