"""What the logger tells a node: these events are on disk."""

from typing import Annotated

from msgspec import Meta

from broker.messages import JSON, SCHEMA, Id, Whole, WireJson
from broker.publication import Publication
from broker.topics import Topics


class Acknowledgement(WireJson, frozen=True, kw_only=True):
    """Names events of one node, which may forget them."""

    schema: Whole = SCHEMA
    node: Id
    event_ids: list[Annotated[str, Meta(min_length=1, max_length=64)]]

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(topic=topics.acks(self.node), payload=self.to_json(), qos=1, content_type=JSON)
