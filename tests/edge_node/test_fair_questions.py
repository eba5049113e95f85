"""Questions and frames before one engine: who waits, and for how long."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from broker import timestamps
from broker.messages import Frame
from edge_node.attention import EVERYTHING, Attention
from edge_node.faces import Detection, Image
from edge_node.report import Arrival
from edge_node.settings import RequestsSettings
from edge_node.worker import Worker
from tests.edge_node.desk import JPEG, Desk
from tests.edge_node.scripted_engine import ScriptedDetector


class Slow(ScriptedDetector):
    """Each picture takes so many seconds on the clock of the test, by its width in pixels."""

    def __init__(self, seconds: dict[int, float]) -> None:
        super().__init__(faces=0)
        self.now = 0.0
        self.looked_at: list[tuple[float, int]] = []
        self._seconds = seconds

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        width = image.shape[1]
        self.looked_at.append((self.now, width))
        self.now += self._seconds[width]
        return super().detect(image, attention)


@pytest.fixture
def busy_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Slow, Desk, Worker]:
    """Frames are 80 pixels wide and take 0.1 s, questions are 160 wide and take 0.8 s."""
    slow = Slow({80: 0.1, 160: 0.8})
    desk = Desk(slow, RequestsSettings(queue=100))
    monkeypatch.setattr("edge_node.worker.time", SimpleNamespace(monotonic=lambda: slow.now))
    desk.questions._clock = lambda: slow.now
    return slow, desk, desk.worker(tmp_path)


QUESTION = cv2.imencode(".jpg", np.full((60, 160, 3), 128, np.uint8))[1].tobytes()


def cameras_send(desk: Desk, now: float) -> None:
    for camera in ("door", "yard", "shed", "gate"):
        desk.inbox.put(camera, Arrival(Frame(device=camera, jpeg=JPEG), timestamps.now(), now))


def test_a_flood_of_questions_and_four_busy_cameras_share_the_engine(
    busy_node: tuple[Slow, Desk, Worker],
) -> None:
    slow, desk, worker = busy_node
    while slow.now < 40:
        cameras_send(desk, slow.now)
        desk.ask(QUESTION, expiry_seconds=60)
        worker.turn()
    spent = {
        width: sum(one == width for _, one in slow.looked_at) * slow._seconds[width] for width in (80, 160)
    }
    assert spent[80] == pytest.approx(spent[160], rel=0.1)
    frames = [at for at, width in slow.looked_at if width == 80]
    questions = [at for at, width in slow.looked_at if width == 160]
    assert max(np.diff(frames)) < 1.0
    assert max(np.diff(questions)) < 1.8


def test_a_question_waits_for_no_camera_that_is_silent(busy_node: tuple[Slow, Desk, Worker]) -> None:
    slow, desk, worker = busy_node
    for _ in range(5):
        desk.ask(QUESTION)
    for _ in range(5):
        worker.turn()
    assert slow.now == pytest.approx(4.0)
    assert not desk.questions.is_waiting


def test_a_single_question_among_frames_is_next(busy_node: tuple[Slow, Desk, Worker]) -> None:
    slow, desk, worker = busy_node
    for _ in range(10):
        cameras_send(desk, slow.now)
        worker.turn()
    desk.ask(QUESTION)
    worker.turn()
    assert slow.looked_at[-1][1] == 160
