"""`edge-node`: one command line for everything on the recognition side."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from broker.errors import ConfigError
from broker.logs import log_to_stderr
from broker.supervision import end_with_starter
from edge_node.commands import (
    ask,
    calibrate,
    check_config,
    doctor,
    evaluate,
    events,
    log,
    models,
    outbox,
    recognise,
    run,
    up,
    web,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed with a message, 70 a bug, 78 a fault in the configuration, 130 the
    keyboard's interrupt, 141 nobody reads what is printed."""
    options = command_line().parse_args(arguments)
    end_with_starter()
    log_to_stderr(verbose=options.verbose)
    try:
        code = int(options.func(options))
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_has_left()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ConfigError.EXIT_CODE
    except ModuleNotFoundError as error:
        extra = "node,web" if options.func is web.run else "node"
        print(f"{error.name} is missing: pip install '.[{extra}]'", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _reader_has_left() -> int:
    """As for `| head`: quietly, with the code that the shell gives a program ended by SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge-node", description="Faces on MQTT frames become events.")
    parser.add_argument("-v", "--verbose", action="store_true", help="log details")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    commands = (
        up,
        run,
        log,
        web,
        events,
        outbox,
        check_config,
        doctor,
        models,
        evaluate,
        calibrate,
        recognise,
        ask,
    )
    for command in commands:
        command.add_parser(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
