"""The section `outbox` of config.yaml."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge_node.view_settings import Seconds


class OutboxSettings(Struct, frozen=True, kw_only=True):
    """Where events wait until they are safe elsewhere, see docs/reliability.md."""

    acknowledged_by: Literal["logger", "broker"] = "logger"
    """Who must have an event before the node forgets it: the logger, on its disk; or, where there is no
    logger, the broker, for at least one subscriber."""
    max_events: Annotated[int, Meta(ge=1, le=50_000)] = 20_000
    """How many events may wait. Beyond it the oldest are given up and counted, `restricted` ones last."""
    max_bytes: Annotated[int, Meta(ge=10_000, le=1_000_000_000)] = 32_000_000
    """How many bytes of events may wait; the file is somewhat larger."""
    news_seconds: Seconds = 60.0
    """An event that could not be published within this time, because the broker was away, is no news: it goes
    to the logger alone, or, where there is none, to nobody."""
