"""`edge-node up`: broker, logger, node and camera agent on this machine, from one config.yaml."""

import argparse
import sys
import threading

from broker.errors import ConfigError
from broker.supervision import stop_on_signals
from edge_node.commands.models import install_models
from edge_node.commands.options import Subparsers, add_config, agent_faults, read_config
from edge_node.models.install import Models, is_complete
from edge_node.up import Supervisor, has_page, plan
from edge_node.web.listener import ListenError, PortInUseError, listen


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("up", help="run everything on this machine", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    faults = agent_faults(arguments)
    if faults:
        raise ConfigError(faults)
    if has_page(config):
        try:
            listen(config.web).close()
        except PortInUseError as error:
            print(f"{arguments.config}: {error}", file=sys.stderr)
            return 1
        except ListenError:
            pass  # an address that is not there yet, as at boot, the page itself tries again
    models = Models.of(config)
    if not is_complete(models) and install_models(models) != 0:
        return 1
    stop = threading.Event()
    stop_on_signals(stop)
    return Supervisor(plan(config, arguments.config)).run(stop)
