"""`edge-node run`: the recognition node."""

import argparse
import sys

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.commands.serve import serve
from edge_node.errors import EngineError
from edge_node.outbox import waiting
from edge_node.outbox.claim import ClaimedError, claimed


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("run", help="run the recognition node", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    from edge_node.node import Node

    try:
        with claimed(config.node.state_folder() / waiting.FILE):
            try:
                node = Node(config)
            except (EngineError, OSError) as error:
                print(error, file=sys.stderr)
                return 1
            return serve(node)
    except ClaimedError as error:
        print(error, file=sys.stderr)
        return 1
