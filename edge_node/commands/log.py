"""`edge-node log`: the logger, which puts every event on disk as a line of JSON."""

import argparse
import sys

from broker.supervision import notify, until_stopped
from edge_node.commands.options import BUG, Subparsers, add_config, read_config
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
    logger.start()
    notify("READY=1")
    until_stopped(logger.stop, logger.check)
    logger.shut_down()
    return BUG if logger.bug else 0
