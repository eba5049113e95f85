"""A node at work, and people before its cameras."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from broker.publication import Publication
from broker.states import GalleryState
from edge_node.node import Node
from edge_node.settings import NodeConfig
from tests.edge_node.scenes import frame
from tests.watcher import Watcher

FPS = 8


@contextmanager
def running(config: NodeConfig) -> Iterator[Node]:
    node = Node(config)
    node.start()
    ticking = threading.Thread(target=lambda: [node.check() for _ in iter(lambda: node.stop.wait(0.2), True)])
    ticking.start()
    try:
        yield node
        assert node.bug is None
    finally:
        node.shut_down()
        ticking.join()


def stay(watcher: Watcher, device: str, picture: bytes, *, frames: int = 6, first_seq: int = 0) -> None:
    """Somebody stays before a camera for so many frames."""
    for number in range(frames):
        sent = frame(device, picture, seq=first_seq + number)
        watcher.session.publish(sent.to_publication(watcher.topics))
        time.sleep(1 / FPS)


def was_answered(watcher: Watcher, seq: int) -> bool:
    return seq in [one.seq for one in watcher.observations() if one.faces]


def known(people: int) -> Callable[[Publication], bool]:
    """Whether a state of the gallery says so many people."""

    def says(publication: Publication) -> bool:
        if publication.topic != "edge/gallery/state":
            return False
        return GalleryState.from_json(publication.payload).people == people

    return says
