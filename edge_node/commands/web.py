"""`edge-node web`: the page with events, live pictures, the gallery and the state of everything."""

import argparse
import sys

from broker.errors import ConfigError
from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.commands.serve import serve
from edge_node.web.listener import ListenError


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("web", help="serve the page in which people look", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    faults = [f"{arguments.config}: {fault}" for fault in config.web.faults()]
    if faults:
        raise ConfigError(faults)
    for warning in config.web.warnings():
        print(f"{arguments.config}: {warning}", file=sys.stderr)
    from edge_node.web.server import WebServer

    try:
        server = WebServer(config)
    except ListenError as error:
        print(f"{arguments.config}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"web: {error}; expected a folder that this user may write", file=sys.stderr)
        return 1
    print(server.url, flush=True)
    return serve(server)
