"""`edge-node log`: the logger, which puts every event on disk as a line of JSON."""

import argparse
import sys

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.commands.serve import serve
from edge_node.logger import EventLogger
from edge_node.quarantine import Quarantine
from edge_node.sinks.build import deliveries, limits
from edge_node.sinks.rotation import RotatingLines

QUARANTINE = "quarantine.jsonl"
STOP_SECONDS = 1.0


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("log", help="append every event to a JSON Lines file", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    file = config.log.file.absolute()
    try:
        records = RotatingLines(file, limits(config.log))
        logger = EventLogger(config.broker, records, Quarantine(file.with_name(QUARANTINE)))
    except OSError as error:
        print(f"log.file: {error}; expected a file that this user may write", file=sys.stderr)
        return 1
    sinks = deliveries(config.sinks, file, lambda: records.synced)

    def start_sinks() -> None:
        for sink in sinks:
            sink.start()

    code = serve(logger, start_sinks)
    for sink in sinks:
        sink.stop()
    for sink in sinks:
        sink.wait_stopped(STOP_SECONDS)
    return code
