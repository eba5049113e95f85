"""Log lines to standard error, alike for every program."""

import logging
import os


def log_to_stderr(*, verbose: bool) -> None:
    """Each line with its time, except under systemd, whose journal stamps lines itself."""
    line = "%(levelname)s %(message)s"
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format=line if "JOURNAL_STREAM" in os.environ else f"%(asctime)s {line}",
    )
