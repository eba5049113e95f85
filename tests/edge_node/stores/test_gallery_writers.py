"""Photos put into a source and taken away again, as the source's own reader sees it."""

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from broker.messages import EventType
from edge_node.errors import GalleryError
from edge_node.ports import GalleryWriter, PhotoStore
from edge_node.settings import FolderSource, GallerySettings
from edge_node.stores.bucket import Bucket
from edge_node.stores.build import build_store, build_writer
from edge_node.stores.folder_writer import FolderWriter
from edge_node.stores.layout import Layout
from tests.edge_node.faulty_s3 import JPEG, Cloud

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Source = tuple[GalleryWriter, PhotoStore]


@pytest.fixture(params=["folder", "s3"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "folder":
        (tmp_path / "gallery/Authorised").mkdir(parents=True)
        settings = GallerySettings(source=FolderSource(path=tmp_path / "gallery"))
    else:
        cloud: Cloud = request.getfixturevalue("s3_without_proxy")
        settings = GallerySettings(source=cloud.source())
    writer = build_writer(settings)
    assert writer is not None
    return writer, build_store(settings, tmp_path / "state")


@pytest.fixture
def s3_without_proxy(s3_client: "S3Client", moto_address: tuple[str, int], credentials: None) -> Cloud:
    """The proxy passes on what is read, and nothing else."""
    return Cloud(s3_client, "http://{}:{}".format(*moto_address))


def people(store: PhotoStore) -> list[tuple[str, str]]:
    store.sync()
    return [(photo.person, photo.group.value) for photo in store.photos()]


def test_what_is_put_is_there_until_it_is_removed(source: Source) -> None:
    writer, store = source
    keys = []
    for name, group in (("Zoë Ødegård", EventType.AUTHORISED), ("王小明", EventType.RESTRICTED)):
        key = Layout().key(group, name, "1")
        assert key is not None
        writer.put(key, JPEG)
        keys.append(key)
    assert people(store) == [("Zoë Ødegård", "authorised"), ("王小明", "restricted")]
    writer.put(keys[0], JPEG + b"again")
    store.sync()
    assert store.photos()[0].path.read_bytes() == JPEG + b"again"
    writer.remove(keys[0])
    writer.remove(keys[0])
    assert people(store) == [("王小明", "restricted")]


def test_without_a_source_there_is_nowhere_to_write() -> None:
    assert build_writer(GallerySettings()) is None


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "a/b", "", "~x\x00", "x" * 129, "Thumbs.db"])
def test_a_name_that_is_none_has_no_key(name: str) -> None:
    assert Layout().key(EventType.AUTHORISED, name, "1") is None


@pytest.mark.parametrize("key", ["../x.jpg", "Authorised/../../x.jpg", "/tmp/x.jpg", "Authorised/a\0/1.jpg"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    (tmp_path / "gallery").mkdir()
    writer = FolderWriter(tmp_path / "gallery")
    with pytest.raises(GalleryError, match="leads out of the gallery"):
        writer.put(key, JPEG)
    with pytest.raises(GalleryError, match="leads out of the gallery"):
        writer.remove(key)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "gallery/Authorised").mkdir(parents=True)
    (tmp_path / "gallery/Authorised/Ann").symlink_to(outside)
    with pytest.raises(GalleryError):
        FolderWriter(tmp_path / "gallery").put("Authorised/Ann/1.jpg", JPEG)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(("folder", "mode"), [(0o700, 0o600), (0o750, 0o640)])
def test_the_group_reads_photos_if_it_may_read_the_folder(tmp_path: Path, folder: int, mode: int) -> None:
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery").chmod(folder)
    FolderWriter(tmp_path / "gallery").put("Authorised/Ann/1.jpg", JPEG)
    file = tmp_path / "gallery/Authorised/Ann/1.jpg"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (mode, folder)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "gallery").write_text("a file")
    with pytest.raises(GalleryError) as caught:
        FolderWriter(tmp_path / "gallery").put("Authorised/Ann/1.jpg", JPEG)
    assert caught.value.reason == "not_written"


def test_a_bucket_that_is_not_there_is_said(s3_without_proxy: Cloud) -> None:
    settings = s3_without_proxy.source()
    gone = type(settings)(bucket="no-such-bucket", endpoint_url=settings.endpoint_url, region="us-east-1")
    with pytest.raises(GalleryError) as caught:
        Bucket(gone).put("Authorised/Ann/1.jpg", JPEG)
    assert caught.value.reason == "no_bucket"
