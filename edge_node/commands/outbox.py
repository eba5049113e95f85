"""`edge-node outbox`: the events that wait to be acknowledged, also while the node runs."""

import argparse
import sqlite3
import sys

import msgspec

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.outbox import waiting


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("outbox", help="show what waits for the logger", description=__doc__)
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    file = config.node.state_folder() / waiting.FILE
    if not file.exists():
        print(f"no outbox: {file} is made when the node runs", file=sys.stderr)
        return 1
    try:
        found = waiting.read(file, config.outbox.max_events, config.outbox.max_bytes)
    except sqlite3.Error as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    print(msgspec.json.encode(found).decode() if arguments.json else "\n".join(found.lines()))
    return 0
