"""A real S3 server on loopback; each test has a bucket of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from edge_node.stores.bucket import Bucket
from edge_node.stores.layout import Layout
from edge_node.stores.s3 import S3Store
from tests.edge_node.faulty_s3 import Cloud, FaultyServer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def moto_address() -> Iterator[tuple[str, int]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))


@pytest.fixture
def proxy(moto_address: tuple[str, int]) -> Iterator[FaultyServer]:
    server = FaultyServer(moto_address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def s3_client(moto_address: tuple[str, int]) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url="http://{}:{}".format(*moto_address),
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def cloud(s3_client: "S3Client", proxy: FaultyServer) -> Cloud:
    return Cloud(s3_client, proxy.url)


@pytest.fixture
def store(cloud: Cloud, tmp_path: Path) -> S3Store:
    return S3Store(Bucket(cloud.source()), Layout(), tmp_path / "mirror")
