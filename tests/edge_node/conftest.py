"""Engines with real models; a real S3 server; a node at work on both."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from broker.settings import BrokerSettings
from edge_node.__main__ import command_line
from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector, build_embedder, build_enrolment_detector
from edge_node.models.install import Models
from edge_node.node import Node
from edge_node.ports import Detector, Embedder
from edge_node.settings import FolderSource, GallerySettings, NodeConfig, NodeSettings
from edge_node.view_settings import DecideSettings
from tests.edge_node.asking import Processes
from tests.edge_node.faulty_s3 import Cloud, FaultyServer
from tests.edge_node.live import known, running
from tests.private_broker import PrivateBroker
from tests.watcher import Watcher

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Ask = Callable[..., int]


@pytest.fixture(scope="session")
def detector(models: Models) -> Detector:
    """The one for live frames."""
    return build_detector(EngineSettings(), models)


@pytest.fixture(scope="session")
def enrolment_detector(models: Models) -> Detector:
    return build_enrolment_detector(EngineSettings(), models)


@pytest.fixture(scope="session")
def embedder(models: Models) -> Embedder:
    return build_embedder(EngineSettings(), models)


@pytest.fixture(scope="session")
def moto_address() -> Iterator[tuple[str, int]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
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
def cloud(s3_client: "S3Client", proxy: FaultyServer, credentials: None) -> Cloud:
    return Cloud(s3_client, proxy.url)


@pytest.fixture
def gallery(photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    for key, photo in {
        "Authorised/Barack Obama.jpg": "obama.jpg",
        "Restricted/Joe Biden/1.jpg": "biden.jpg",
    }.items():
        (folder / key).parent.mkdir(parents=True)
        shutil.copyfile(photos / photo, folder / key)
    return folder


@pytest.fixture
def config(mosquitto: PrivateBroker, gallery: Path, tmp_path: Path, models: Models) -> NodeConfig:
    state = tmp_path / "state"
    state.mkdir()
    (state / "models").symlink_to(models.kept_in)
    return NodeConfig(
        broker=mosquitto.settings,
        node=NodeSettings(state_dir=state, stats_seconds=0.5),
        decide=DecideSettings(buffer_seconds=60),
        gallery=GallerySettings(source=FolderSource(path=gallery), poll_seconds=0.5),
    )


@pytest.fixture
def node(config: NodeConfig, watcher: Watcher) -> Iterator[Node]:
    with running(config) as node:
        watcher.wait_for(lambda one: one.topic == "edge/nodes/node-1/status" and one.payload == b"online")
        watcher.wait_for(known(2))
        yield node


@pytest.fixture
def ask_config(tmp_path: Path, broker_settings: BrokerSettings) -> Path:
    file = tmp_path / "ask.yaml"
    file.write_text(f"broker: {{port: {broker_settings.port}, reconnect_max_seconds: 1}}\n")
    return file


@pytest.fixture
def ask(ask_config: Path) -> Ask:
    def ask(*words: str | Path) -> int:
        arguments = command_line().parse_args(["ask", "--config", str(ask_config), *map(str, words)])
        return int(arguments.func(arguments))

    return ask


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    processes.end()
