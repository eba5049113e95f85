"""`edge-node events`: what the JSON log says, filtered and sorted."""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from broker.messages import EventType
from edge_node.commands.options import Subparsers, add_config, read_config

if TYPE_CHECKING:
    from edge_node.history.query import Query

SORTS = ("time", "person", "device", "type", "similarity")
TYPES = tuple(one.value for one in EventType)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("events", help="look through the log of events", description=__doc__)
    parser.add_argument("--since", metavar="TIME", help="30m, 12h, 1d, 2w ago; a day; or a time (RFC 3339)")
    parser.add_argument("--until", metavar="TIME", help="the same; a day counts as a whole")
    for name, what in (("person", "name or id"), ("device", "id")):
        parser.add_argument(f"--{name}", action="append", default=[], help=f"{what}; may be repeated")
    parser.add_argument(
        "--type", action="append", default=[], type=str.lower, choices=TYPES, help="may be repeated"
    )
    parser.add_argument("--text", default="", help="part of a name, an id, a zone or a reason")
    parser.add_argument("--sort", choices=SORTS, default="time", help="default: time")
    parser.add_argument("--ascending", action="store_true", help="smallest first, or oldest")
    parser.add_argument("--limit", type=_number, default=100, help="0 for all (default: %(default)s)")
    parser.add_argument("--offset", type=_number, default=0, help="events to pass over")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--table", action="store_true", help="a line for people, the default")
    shape.add_argument("--json", action="store_true", help="lines of the log as they are")
    shape.add_argument("--csv", action="store_true", help="comma-separated, with a line of names")
    parser.add_argument("--log", type=Path, metavar="FILE", help="instead of log.file of the settings")
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    from edge_node.history.history import History
    from edge_node.history.query import HistoryError
    from edge_node.log_files import LogFiles

    file = (arguments.log or read_config(arguments, or_defaults=True).log.file).absolute()
    if not file.parent.is_dir():
        print(f"{file.parent} is no folder: expected log.file of the settings, or --log", file=sys.stderr)
        return 1
    files = LogFiles(file)
    if not files.path.exists() and not files.closed():
        print(f"{file}: nothing has been logged there", file=sys.stderr)
        return 1 if arguments.log else 0
    try:
        history = History(file, told=_say_share)
        query = _query(arguments)
        _print(history.lines(query), arguments)
        if query.limit is not None and sys.stdout.isatty():
            _say_rest(history.total(query), query)
    except BrokenPipeError:
        raise
    except (HistoryError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(lines: Iterable[bytes], arguments: argparse.Namespace) -> None:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    if arguments.json:
        for line in lines:
            sys.stdout.write(line.decode("utf-8", "replace"))
        return
    from edge_node.history.show import as_csv, as_table

    rows = map(json.loads, lines)
    for text in as_csv(rows) if arguments.csv else as_table(rows):
        print(text)


def _say_share(share: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rreading the log: {share:.0%}" if share < 1 else "\r\x1b[K")
        sys.stderr.flush()


def _say_rest(total: int, query: "Query") -> None:
    shown = min(query.limit or 0, max(0, total - query.offset))
    if shown < total:
        print(f"{shown} of {total} events; --limit 0 for all", file=sys.stderr)


def _query(arguments: argparse.Namespace) -> "Query":
    """Raises ValueError for a time that is none."""
    from edge_node.history.query import Query, Sort
    from edge_node.history.times import moment

    now = datetime.now().astimezone()
    return Query(
        since=None if arguments.since is None else moment(arguments.since, now),
        until=None if arguments.until is None else moment(arguments.until, now, is_end=True),
        types=[EventType(one) for one in arguments.type],
        people=arguments.person,
        devices=arguments.device,
        text=arguments.text,
        sort=Sort(arguments.sort),
        descending=not arguments.ascending,
        limit=arguments.limit or None,
        offset=arguments.offset,
    )


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"expected a number, 0 or more, got {text!r}")
    return int(text)
