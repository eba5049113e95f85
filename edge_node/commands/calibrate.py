"""`edge-node calibrate`: a threshold for the own gallery, and the photos that spoil it."""

import argparse
import sys

import msgspec

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.errors import EngineError, GalleryError

FALSE_MATCHES = 0.01


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("calibrate", help="find a threshold for your gallery", description=__doc__)
    parser.add_argument(
        "--false-matches",
        type=_share,
        default=FALSE_MATCHES,
        metavar="SHARE",
        help="expected for one stranger and one look (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    if config.gallery.source is None:
        print("there is no gallery: expected gallery.source in config.yaml", file=sys.stderr)
        return 1
    from edge_node.evaluation import calibration_text
    from edge_node.evaluation.measure import measure_gallery

    try:
        calibration = measure_gallery(config, wanted=arguments.false_matches)
    except (EngineError, GalleryError) as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(calibration)).decode())
        return 0
    for line in calibration_text.lines(calibration):
        print(line)
    return 0


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"expected a share above 0 and up to 1, got {text!r}")
    return share
