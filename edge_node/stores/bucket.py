"""A bucket of S3 or of anything that speaks it; the only module that knows boto3."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from edge_node.errors import GalleryError
from edge_node.settings import S3Source
from edge_node.stores.s3_faults import gallery_error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTIONS = 8
MAX_OBJECTS = 100_000
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing says of one object."""

    etag: str
    size: int


class Bucket:
    """Lists, fetches, puts and removes. Connects at the first use: a node starts without a network."""

    def __init__(self, source: S3Source, *, connect_seconds: float = 5, read_seconds: float = 20) -> None:
        self._source = source
        self._config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 3, "mode": "standard"},
            max_pool_connections=CONNECTIONS,
            # Services other than Amazon's know neither the new checksums nor buckets as host names.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if source.endpoint_url else "auto"},
        )
        self._client: S3Client | None = None

    @property
    def name(self) -> str:
        """For people, and to tell one source from another."""
        at = f" at {self._source.endpoint_url}" if self._source.endpoint_url else ""
        return f"s3://{self._source.bucket}/{self._source.prefix}{at}"

    def listing(self, prefix: str) -> dict[str, Listed]:
        """Every object below the prefix; keys without the source's own prefix. Whole, or GalleryError."""
        root = self._source.prefix
        found: dict[str, Listed] = {}
        with self._faults():
            pages = self._connected().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._source.bucket, Prefix=root + prefix):
                for one in page.get("Contents", ()):
                    key = one.get("Key", "").removeprefix(root)
                    found[key] = Listed(one.get("ETag", "").strip('"'), one.get("Size", 0))
                if len(found) > MAX_OBJECTS:
                    raise GalleryError(
                        "too_many",
                        f"{self.name}{prefix} holds over {MAX_OBJECTS} objects: correct the prefix",
                    )
        return found

    def fetch(self, key: str, listed: Listed) -> Iterator[bytes]:
        """The bytes of exactly the object that was listed; anything else raises GalleryError."""
        with self._faults():
            answer = self._connected().get_object(
                Bucket=self._source.bucket, Key=self._source.prefix + key, IfMatch=f'"{listed.etag}"'
            )
            received = 0
            with closing(answer["Body"]) as body:
                length = answer.get("ContentLength")
                if length != listed.size:
                    raise GalleryError("changed", f"{length} bytes, the listing said {listed.size}")
                for chunk in body.iter_chunks(_CHUNK_BYTES):
                    received += len(chunk)
                    yield chunk
        if received != listed.size:
            raise GalleryError("truncated", f"{received} bytes of {listed.size} arrived")

    def put(self, key: str, jpeg: bytes) -> None:
        with self._faults():
            self._connected().put_object(
                Bucket=self._source.bucket,
                Key=self._source.prefix + key,
                Body=jpeg,
                ContentType="image/jpeg",
            )

    def remove(self, key: str) -> None:
        with self._faults():
            self._connected().delete_object(Bucket=self._source.bucket, Key=self._source.prefix + key)

    def close(self) -> None:
        """Gives the connections back; the next use opens new ones."""
        if self._client is not None:
            self._client.close()

    def _connected(self) -> "S3Client":
        if self._client is None:
            session = boto3.Session(profile_name=self._source.profile, region_name=self._source.region)
            try:
                self._client = session.client(
                    "s3", endpoint_url=self._source.endpoint_url, config=self._config
                )
            except ValueError as error:
                raise GalleryError("bad_setting", f"{error}: correct gallery.source") from error
        return self._client

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise gallery_error(error, self.name) from error
