"""`edge-node evaluate`: how good the configured engine is on a dataset of faces."""

import argparse
import importlib.util
import sys
from pathlib import Path

import msgspec

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.errors import EngineError


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("evaluate", help="measure the engine on a dataset", description=__doc__)
    parser.add_argument(
        "dataset", type=Path, metavar="DATASET", help="CSV or LFW file of pairs, or person/photo.jpg"
    )
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where the photos are (default: beside the file)"
    )
    parser.add_argument(
        "--gallery-size", type=_count, metavar="N", help="people enrolled (default: half, at most)"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw DET curve and similarities")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="name the photos without a face",
    )
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    if arguments.plot and importlib.util.find_spec("matplotlib") is None:
        print("matplotlib is missing: pip install 'mqtt-edge-node[plot]'", file=sys.stderr)
        return 1
    from edge_node.evaluation import evaluation_text
    from edge_node.evaluation.dataset import DatasetError
    from edge_node.evaluation.measure import measure
    from edge_node.evaluation.read import read_dataset

    try:
        dataset = read_dataset(arguments.dataset, arguments.images)
        measured = measure(dataset, config, name=arguments.dataset.name, gallery_size=arguments.gallery_size)
    except (DatasetError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(measured.evaluation)).decode())
    else:
        for line in evaluation_text.lines(measured.evaluation, verbose=arguments.verbose):
            print(line)
    if arguments.plot:
        from edge_node.evaluation.plot import draw

        try:
            draw(measured, arguments.plot)
        except OSError as error:
            print(f"--plot: {error}; expected a file that this user may write", file=sys.stderr)
            return 1
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of people, got {text!r}")
    return int(text)
