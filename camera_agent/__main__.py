"""`camera-agent`: publishes what cameras see."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from broker.config import load
from broker.errors import ConfigError
from broker.logs import log_to_stderr
from broker.supervision import end_with_starter
from camera_agent.agent import Agent
from camera_agent.settings import AgentConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 stopped or done, 70 a bug, 78 a fault in the configuration."""
    options = _parser().parse_args(arguments)
    end_with_starter()
    log_to_stderr(verbose=options.verbose)
    try:
        config = load(options.config, AgentConfig)
        if options.check and not config.cameras:
            print(f"{options.config}: no fault found; no cameras")
            return 0
        agent = Agent(config, only=options.device)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ConfigError.EXIT_CODE
    if options.check:
        names = ", ".join(camera.device for camera in agent.cameras)
        print(f"{options.config}: no fault found; cameras: {names}")
        return 0
    return agent.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="camera-agent", description="Publishes JPEG frames on MQTT.")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"), help="default: %(default)s")
    parser.add_argument(
        "--device", action="append", default=[], metavar="NAME", help="run this camera only; may be repeated"
    )
    parser.add_argument("--check", action="store_true", help="look for faults in the configuration, and end")
    parser.add_argument("-v", "--verbose", action="store_true", help="log details")
    return parser


if __name__ == "__main__":
    sys.exit(main())
