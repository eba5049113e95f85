"""The photo store that the settings ask for."""

from collections.abc import Collection, Sequence
from pathlib import Path

from broker.states import PhotoProblem
from edge_node.ports import GalleryWriter, Photo, PhotoStore
from edge_node.settings import FolderSource, GallerySettings, S3Source
from edge_node.stores.bucket import Bucket
from edge_node.stores.folder import FolderStore
from edge_node.stores.folder_writer import FolderWriter
from edge_node.stores.layout import Layout
from edge_node.stores.s3 import S3Store


class Nobody:
    """No source of photos: everybody is unknown."""

    def sync(self) -> None:
        return

    def photos(self) -> Sequence[Photo]:
        return ()

    def problems(self) -> Sequence[PhotoProblem]:
        return ()

    def restricted(self) -> Collection[str]:
        return ()


def build_store(settings: GallerySettings, state: Path) -> PhotoStore:
    layout = Layout(settings.authorised, settings.restricted)
    match settings.source:
        case FolderSource(path=path):
            return FolderStore(path, layout)
        case S3Source() as source:
            return S3Store(Bucket(source), layout, state / "mirror")
        case _:
            return Nobody()


def build_writer(settings: GallerySettings) -> GalleryWriter | None:
    """None without a source."""
    match settings.source:
        case FolderSource(path=path):
            return FolderWriter(path)
        case S3Source() as source:
            return Bucket(source)
        case _:
            return None


def count_photos(settings: GallerySettings) -> int:
    """How many files the source lists now, without fetching any. Raises GalleryError."""
    layout = Layout(settings.authorised, settings.restricted)
    match settings.source:
        case FolderSource(path=path):
            return len(FolderStore(path, layout).photos())
        case S3Source() as source:
            return sum(len(Bucket(source).listing(prefix)) for prefix, _ in layout.groups())
        case _:
            return 0
