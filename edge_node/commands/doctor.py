"""`edge-node doctor`: what is installed, what can be reached, and what to do about the rest."""

import argparse

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.doctor import examine


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("doctor", help="say what is missing and what to do", description=__doc__)
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    findings = list(examine(read_config(arguments, or_defaults=True)))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.mark:<4} {finding.subject:<{width}}  {finding.text}")
        if finding.advice:
            print(f"{'':<4} {'':<{width}}  -> {finding.advice}")
    return int(any(finding.is_fault for finding in findings))
