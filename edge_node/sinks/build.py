"""From settings to sinks: the only place that knows them all."""

from collections.abc import Callable, Sequence
from pathlib import Path

from edge_node.log_settings import InfluxSink, LogSettings, SinkSettings
from edge_node.sinks.delivery import Delivery
from edge_node.sinks.influxdb import InfluxDb
from edge_node.sinks.place_file import remove_leftovers
from edge_node.sinks.rotation import DAY_SECONDS, Limits
from edge_node.sinks.secret import warn_if_exposed
from edge_node.sinks.sink import Sink, SinkError
from edge_node.sinks.webhook import Webhook
from edge_node.synced import Synced

FOLDER = "sinks"
"""Beside the log: how far each sink has got, and what it refused."""


def deliveries(
    sinks: Sequence[SinkSettings], logged: Path, synced: Callable[[], Synced] | None = None
) -> list[Delivery]:
    """One for each sink, not started. What is wrong with a sink's files is said, and tried again later.

    synced: as in Delivery; without it nobody may write the log.
    """
    folder = logged.parent / FOLDER
    remove_leftovers(folder)
    return [
        Delivery(
            settings.name,
            _maker(number, settings),
            logged,
            folder,
            backfill=settings.backfill,
            synced=synced,
        )
        for number, settings in enumerate(sinks)
    ]


def faults(sinks: Sequence[SinkSettings]) -> list[str]:
    """Files with secrets that cannot be used, a line each: key, file, and what was expected."""
    found = []
    for number, settings in enumerate(sinks):
        try:
            _maker(number, settings)()
        except SinkError as error:
            found.append(str(error))
    return found


def limits(settings: LogSettings) -> Limits:
    days, megabytes = settings.keep_days, settings.keep_megabytes
    return Limits(
        rotate_bytes=settings.rotate_megabytes * 1_000_000,
        keep_seconds=None if days is None else days * DAY_SECONDS,
        keep_bytes=None if megabytes is None else megabytes * 1_000_000,
    )


def _maker(number: int, settings: SinkSettings) -> Callable[[], Sink]:
    """Says once which of the files with its secrets everybody may read."""
    unseen = _secret_files(settings)

    def make() -> Sink:
        try:
            sink = InfluxDb(settings) if isinstance(settings, InfluxSink) else Webhook(settings)
        except SinkError as error:
            raise SinkError(f"sinks[{number}].{error}") from error
        while unseen:
            warn_if_exposed(unseen.pop())
        return sink

    return make


def _secret_files(settings: SinkSettings) -> list[Path]:
    if isinstance(settings, InfluxSink):
        files = [settings.password_file, settings.token_file]
    else:
        files = [settings.secret_file]
    return [file for file in files if file is not None]
