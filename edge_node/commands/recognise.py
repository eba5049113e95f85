"""`edge-node recognise`: who is on these photos, without a broker or a camera."""

import argparse
import sys
from pathlib import Path

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.commands.show import show
from edge_node.errors import EngineError


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("recognise", help="say who is on photos", description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="a JPEG")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each photo")
    parser.add_argument(
        "--labelled", type=Path, metavar="DIR", help="put each photo there with boxes and names"
    )
    parser.add_argument("--faces", type=Path, metavar="DIR", help="put each face there, cut out")
    parser.add_argument(
        "--offline", action="store_true", help="take the gallery as it was, do not ask its source"
    )
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    from edge_node.album import AlbumError
    from edge_node.assembly import build
    from edge_node.photo import answer

    try:
        refresher, pipeline = build(config)
        refresher.load()
        if not arguments.offline:
            refresher.poll()
        pipeline.gallery = refresher.gallery
        answers = (
            answer(photo, pipeline, labelled=arguments.labelled, cut_outs=arguments.faces)
            for photo in arguments.photos
        )
        return show(answers, as_json=arguments.json)
    except (AlbumError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1
