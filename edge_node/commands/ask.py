"""`edge-node ask`: who is on these photos, answered by the nodes at the broker."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from broker.settings import BrokerSettings
from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.settings import NodeConfig

if TYPE_CHECKING:
    from edge_node.ask import Asker

INTERRUPTED = 130


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("ask", help="ask the nodes who is on photos", description=__doc__)
    parser.add_argument(
        "photos", nargs="+", type=Path, metavar="PHOTO", help="a JPEG, a folder of them, or a pattern"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a line of JSON for each photo, on a terminal too"
    )
    parser.add_argument(
        "--labelled", type=Path, metavar="DIR", help="put each photo there with boxes and names"
    )
    parser.add_argument(
        "--in-flight", type=_count, metavar="N", help="photos under way at once (default: 4 for each node)"
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="ask about a photo again after so long, three times in all (default: %(default)g)",
    )
    parser.add_argument("--username", help="user name at the broker, instead of broker.username")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="its password, instead of broker.password_file"
    )
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments, or_defaults=True)
    from edge_node.album import AlbumError
    from edge_node.ask import Asker
    from edge_node.exchange import AskError
    from edge_node.photo_files import photo_files

    if not arguments.verbose:
        logging.getLogger().setLevel(logging.WARNING)
    photos = photo_files(arguments.photos)
    try:
        asker = Asker(
            _broker(config, arguments),
            photos,
            at_once=arguments.in_flight,
            timeout_seconds=arguments.timeout,
            labelled=arguments.labelled,
            max_bytes=config.requests.max_bytes,
        )
        return _show(asker, len(photos), as_json=arguments.json or not sys.stdout.isatty())
    except (AlbumError, AskError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(error, file=sys.stderr)
        return 1


def _show(asker: "Asker", photos: int, *, as_json: bool) -> int:
    from edge_node.commands.show import show
    from edge_node.progress import track

    try:
        return show(track(asker.answers(), "asking", photos), as_json=as_json)
    except KeyboardInterrupt:
        print(f"interrupted: {asker.answered} of {photos} photos were answered", file=sys.stderr)
        return INTERRUPTED


def _broker(config: NodeConfig, arguments: argparse.Namespace) -> BrokerSettings:
    """Raises AskError for the name of a node: its connection would be taken over."""
    from edge_node.exchange import AskError

    broker = config.broker
    if arguments.username:
        broker = msgspec.structs.replace(broker, username=arguments.username, password_file=None)
    if arguments.password_file:
        broker = msgspec.structs.replace(broker, password_file=arguments.password_file)
    if broker.username == config.node.id:
        raise AskError(
            f"{broker.username} is the name of a node, which would lose its connection: expected a user "
            "of your own, --username and --password-file; see docs/ask.md"
        )
    return broker


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"expected a number of photos, 1 to 1000, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"expected seconds, 0.1 to 3600, got {text!r}")
    return seconds
