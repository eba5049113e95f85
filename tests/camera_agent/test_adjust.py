import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.capture import Capture, CaptureChange
from broker.errors import MessageError
from broker.publication import Publication
from camera_agent.adjust import capture_of, changed, must_reopen
from camera_agent.settings import CameraSettings, CommandSource, OpenCvSource, PiCameraSource

PI = CameraSettings(source=PiCameraSource())
WEBCAM = CameraSettings(source=OpenCvSource(device=0))
PROGRAM = CameraSettings(source=CommandSource(command="rpicam-vid"))


def change_of(payload: bytes, *, retain: bool = False) -> CaptureChange:
    return CaptureChange.from_publication(Publication(topic="x", payload=payload, retain=retain))


def test_what_each_kind_of_source_says_of_itself() -> None:
    assert capture_of(PI) == Capture(fps=5, width=1280, quality=85)
    assert capture_of(WEBCAM) == Capture(fps=5, width=None, quality=85)
    assert capture_of(PROGRAM) == Capture(fps=5, width=None, quality=None)
    assert capture_of(PROGRAM).to_json() == b'{"fps":5.0,"width":null,"quality":null}'


def test_any_subset_changes_and_the_rest_stays() -> None:
    after = changed(PI, PI, change_of(b'{"quality":40,"width":null,"unheard_of":1}'))
    assert capture_of(after) == Capture(fps=5, width=1280, quality=40)
    after = changed(PI, after, change_of(b'{"fps":1}'))
    assert capture_of(after) == Capture(fps=1, width=1280, quality=40)


@given(widths=st.lists(st.integers(32, 8192), min_size=1, max_size=6))
def test_the_picture_keeps_its_proportions_through_all_changes(widths: list[int]) -> None:
    settings = PI
    for width in widths:
        settings = changed(PI, settings, CaptureChange(width=width))
        assert isinstance(settings.source, PiCameraSource)
        assert abs(settings.source.height - width * 720 / 1280) <= 1
    assert changed(PI, settings, CaptureChange(width=1280)) == PI


def test_a_webcam_that_chooses_its_height_goes_on_choosing() -> None:
    after = changed(WEBCAM, WEBCAM, CaptureChange(width=640))
    assert after.source == OpenCvSource(device=0, width=640)


def test_the_source_is_opened_again_only_where_it_must() -> None:
    for settings in (WEBCAM, PROGRAM):
        assert not must_reopen(settings, changed(settings, settings, CaptureChange(fps=9)))
        assert not must_reopen(settings, settings)
    assert must_reopen(PI, changed(PI, PI, CaptureChange(fps=9)))
    assert must_reopen(WEBCAM, changed(WEBCAM, WEBCAM, CaptureChange(quality=9)))
    assert not must_reopen(WEBCAM, changed(WEBCAM, WEBCAM, CaptureChange(quality=85)))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"5",
        b"{}",
        b'{"fsp":5}',
        b'{"fps":0}',
        b'{"fps":61}',
        b'{"fps":NaN}',
        b'{"fps":"5"}',
        b'{"fps":true}',
        b'{"width":15}',
        b'{"width":8193}',
        b'{"width":640.5}',
        b'{"quality":0}',
        b'{"quality":101}',
        b'{"fps":5,"fps":6}',
        b"\xff",
    ],
)
def test_what_is_no_setting_is_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        change_of(payload)


def test_a_retained_wish_is_refused() -> None:
    with pytest.raises(MessageError, match="retain"):
        change_of(b'{"fps":5}', retain=True)


@pytest.mark.parametrize("change", [CaptureChange(width=640), CaptureChange(fps=5, quality=50)])
def test_a_program_changes_its_rate_alone(change: CaptureChange) -> None:
    with pytest.raises(MessageError, match="fps alone: a command source"):
        changed(PROGRAM, PROGRAM, change)


def test_a_width_that_makes_an_impossible_height_is_refused() -> None:
    tall = CameraSettings(source=PiCameraSource(width=480, height=1280))
    with pytest.raises(MessageError, match="makes the height"):
        changed(tall, tall, CaptureChange(width=8000))
