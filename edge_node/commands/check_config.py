"""`edge-node check-config`: every fault of config.yaml at once, or that there is none."""

import argparse
import sys

from broker.errors import ConfigError
from edge_node.commands.options import Subparsers, add_config, agent_faults, read_config
from edge_node.sinks import build as sinks


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("check-config", help="look for faults in config.yaml", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    faults: list[str] = []
    try:
        config = read_config(arguments)
        found = [*sinks.faults(config.sinks), *config.web.token_faults()]
        faults += [f"{arguments.config}: {fault}" for fault in found]
        for warning in [] if found else config.web.warnings():
            print(f"{arguments.config}: {warning}", file=sys.stderr)
    except ConfigError as error:
        faults += error.faults
    faults += [fault for fault in agent_faults(arguments) if fault not in faults]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return ConfigError.EXIT_CODE
    print(f"{arguments.config}: no fault found")
    return 0
