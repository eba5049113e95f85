"""What several commands take from the command line."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

from broker import discovery
from broker.config import load
from broker.errors import ConfigError
from edge_node.settings import NodeConfig

DEFAULT_CONFIG = Path("config.yaml")

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="settings (default: %(default)s)")


def read_config(arguments: argparse.Namespace, *, or_defaults: bool = False) -> NodeConfig:
    """Raises ConfigError, also for credentials that cannot be read and a broker that cannot be looked for.

    or_defaults: the default file may be absent, then every setting has its default.
    """
    if or_defaults and arguments.config == DEFAULT_CONFIG and not DEFAULT_CONFIG.exists():
        return NodeConfig()
    config = load(arguments.config, NodeConfig)
    unreadable = config.broker.unreadable()
    faults = [f"{arguments.config}: {fault}" for fault in unreadable or discovery.faults(config.broker)]
    if faults:
        raise ConfigError(faults)
    return config


def agent_faults(arguments: argparse.Namespace) -> list[str]:
    """What the camera agent has to say against its part of the file; it is asked as the program it is."""
    command = [sys.executable, "-m", "camera_agent", "--check", "--config", str(arguments.config)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stderr.strip().splitlines() if asked.returncode else []
