"""A mirror of a bucket of the test's own."""

from pathlib import Path

import pytest

from edge_node.stores.bucket import Bucket
from edge_node.stores.layout import Layout
from edge_node.stores.s3 import S3Store
from tests.edge_node.faulty_s3 import Cloud


@pytest.fixture(autouse=True)
def _with_credentials(credentials: None) -> None:
    """Whatever a test does, it does not look for credentials on this machine."""


@pytest.fixture
def store(cloud: Cloud, tmp_path: Path) -> S3Store:
    return S3Store(Bucket(cloud.source()), Layout(), tmp_path / "mirror")
