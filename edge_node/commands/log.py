"""`edge-node log`: the logger, which puts every event on disk as a line of JSON."""

import argparse
import sys

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.commands.serve import serve
from edge_node.logger import EventLogger
from edge_node.sinks.json_lines import JsonLines

QUARANTINE = "quarantine.jsonl"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("log", help="append every event to a JSON Lines file", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    file = config.log.file.absolute()
    try:
        logger = EventLogger(config.broker, JsonLines(file), JsonLines(file.with_name(QUARANTINE)))
    except OSError as error:
        print(f"log.file: {error}; expected a file that this user may write", file=sys.stderr)
        return 1
    return serve(logger)
