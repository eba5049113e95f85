"""From settings to sinks: the only place that knows them all."""

from collections.abc import Sequence
from pathlib import Path

from broker.errors import ConfigError
from edge_node.log_settings import InfluxSink, LogSettings, SinkSettings
from edge_node.sinks.delivery import Delivery
from edge_node.sinks.influxdb import InfluxDb
from edge_node.sinks.rotation import DAY_SECONDS, Limits
from edge_node.sinks.sink import Sink
from edge_node.sinks.webhook import Webhook

FOLDER = "sinks"
"""Beside the log: how far each sink has got, and what it refused."""


def deliveries(sinks: Sequence[SinkSettings], logged: Path) -> list[Delivery]:
    """One for each sink, not started. Raises ConfigError for secrets that cannot be read."""
    faults, built = [], []
    for number, settings in enumerate(sinks):
        try:
            built.append((_sink(settings), settings.backfill))
        except OSError as error:
            faults.append(f"sinks[{number}]: {error}")
    if faults:
        raise ConfigError(faults)
    folder = logged.parent / FOLDER
    return [Delivery(sink, logged, folder, backfill=backfill) for sink, backfill in built]


def limits(settings: LogSettings) -> Limits:
    days, megabytes = settings.keep_days, settings.keep_megabytes
    return Limits(
        rotate_bytes=settings.rotate_megabytes * 1_000_000,
        keep_seconds=None if days is None else days * DAY_SECONDS,
        keep_bytes=None if megabytes is None else megabytes * 1_000_000,
    )


def _sink(settings: SinkSettings) -> Sink:
    return InfluxDb(settings) if isinstance(settings, InfluxSink) else Webhook(settings)
