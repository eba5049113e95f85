from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from broker import config
from broker.errors import ConfigError
from broker.messages import Id
from broker.settings import BrokerSettings


class Folder(Struct, frozen=True, kw_only=True, tag="folder", tag_field="type"):
    path: Path


class Bucket(Struct, frozen=True, kw_only=True, tag="s3", tag_field="type"):
    bucket: str


class Gallery(Struct, frozen=True, kw_only=True):
    source: Folder | Bucket | None = None
    poll_seconds: Annotated[float, Meta(gt=0)] = 60.0


class Camera(Struct, frozen=True, kw_only=True):
    fps: Annotated[int, Meta(ge=1, le=30)] = 5
    rotate: Literal[0, 90, 180, 270] = 0
    tags: tuple[str, ...] = ()


class Settings(Struct, frozen=True, kw_only=True):
    broker: BrokerSettings = BrokerSettings()
    gallery: Gallery = Gallery()
    cameras: dict[Id, Camera] = {}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def faults(file: Path, text: str) -> list[str]:
    """The faults without the name of the file, which each of them starts with."""
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as raised:
        config.load(file, Settings)
    assert all(fault.startswith(f"{file}:") for fault in raised.value.faults)
    return [fault.removeprefix(f"{file}:") for fault in raised.value.faults]


def test_a_whole_file_is_read(file: Path) -> None:
    file.write_text(
        """
broker:
  host: broker.example
  port: 8883
  tls: {ca_file: ca.pem}
gallery:
  source: {type: folder, path: photos}
  poll_seconds: 5
cameras:
  front-door: {fps: 10, rotate: 180, tags: [a, b]}
  garage:
log:
  file: ignored by this program
"""
    )
    settings = config.load(file, Settings)
    assert settings.broker.host == "broker.example"
    assert settings.broker.tls is not None
    assert settings.broker.tls.ca_file == file.parent / "ca.pem"
    assert settings.gallery == Gallery(source=Folder(path=file.parent / "photos"), poll_seconds=5.0)
    assert settings.cameras == {"front-door": Camera(fps=10, rotate=180, tags=("a", "b")), "garage": Camera()}


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "broker:\ngallery:\ncameras:\n", "---\n", "gallery: ~\n"]
)
def test_nothing_said_means_the_defaults(file: Path, text: str) -> None:
    file.write_text(text)
    assert config.load(file, Settings) == Settings()


def test_an_empty_section_that_may_be_absent_is_absent_and_an_empty_mapping_is_not(file: Path) -> None:
    file.write_text("broker:\n  tls:\n")
    assert config.load(file, Settings).broker.tls is None
    file.write_text("broker:\n  tls: {}\n")
    assert config.load(file, Settings).broker.tls is not None


def test_paths_are_relative_to_the_file_and_home_is_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", "/home/pi")
    for written, meant in [("a/b", file.parent / "a/b"), ("/a", Path("/a")), ("~/a", Path("/home/pi/a"))]:
        file.write_text(f"gallery: {{source: {{type: folder, path: {written}}}}}\n")
        assert config.load(file, Settings).gallery.source == Folder(path=meant)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("broker:\n  prot: 1\n", "2: broker.prot: unknown key; did you mean 'port'?"),
        ("brokr: {}\n", "1: brokr: unknown key; did you mean 'broker'?"),
        ("broker: 5\n", "1: broker: expected a mapping, got '5'"),
        ("broker: [1]\n", "1: broker: expected a mapping, got a list"),
        ("- a\n", "1: expected a mapping, got a list"),
        ("broker:\n  port: 70000\n", "2: broker.port: expected `int` <= 65535 (got 70000)"),
        ("broker:\n  port: '1883'\n", "2: broker.port: expected `int`, got `str` (got '1883')"),
        ("broker:\n  port:\n", "2: broker.port: expected `int`, got `null` (got None)"),
        ("broker:\n  start: always\n", "2: broker.start: expected one of auto, never, got 'always'"),
        (
            "broker:\n  start: atuo\n",
            "2: broker.start: expected one of auto, never, got 'atuo'; did you mean 'auto'?",
        ),
        ("broker:\n\n  tls: {key_file: a}\n", "3: broker.tls: expected cert_file and key_file together"),
        ("broker:\n  host: a\n  host: b\n", "3: broker.host: stands twice, first in line 2"),
        ("gallery:\n  source: {path: a}\n", "2: gallery.source.type: missing: expected one of folder, s3"),
        (
            "gallery:\n  source:\n    type: foldr\n",
            "3: gallery.source.type: expected one of folder, s3, got 'foldr'; did you mean 'folder'?",
        ),
        ("gallery:\n  source: {type: folder}\n", "2: gallery.source.path: missing"),
        ("gallery:\n  source: {type: folder, path: 5}\n", "2: gallery.source.path: expected a path (got 5)"),
        ("gallery:\n  poll_seconds: 0\n", "2: gallery.poll_seconds: expected `float` > 0.0 (got 0)"),
        ("cameras:\n  a: {tags: x}\n", "2: cameras.a.tags: expected a list, got 'x'"),
        ("cameras:\n  a: {tags: [x, 5]}\n", "2: cameras.a.tags[1]: expected `str`, got `int` (got 5)"),
        ("cameras: [a]\n", "1: cameras: expected a mapping, got a list"),
        ("a: [\n", "2: not YAML: expected the node content, but found '<stream end>'"),
        ("\tbroker: {}\n", "1: not YAML: found character '\\t' that cannot start any token"),
    ],
)
def test_a_fault_names_line_key_and_what_was_expected(file: Path, text: str, expected: str) -> None:
    assert faults(file, text) == [expected]


def test_a_camera_is_named_by_an_id(file: Path) -> None:
    [fault] = faults(file, "cameras:\n  Front Door: {}\n")
    assert fault.startswith("2: cameras.Front Door: expected `str` matching regex")


def test_all_faults_come_at_once_in_order_of_lines(file: Path) -> None:
    text = "cameras:\n  a: {fps: 99}\nbroker:\n  port: x\n  hots: y\ngallery:\n  source: {type: s3}\n"
    assert [fault.split(":")[0] for fault in faults(file, text)] == ["2", "4", "5", "7"]


def test_a_file_that_cannot_be_read_says_why(file: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        config.load(file, Settings)
    file.write_bytes(b"broker: \xff\n")
    with pytest.raises(ConfigError, match="expected UTF-8 text"):
        config.load(file, Settings)
    file.write_bytes(b"#" * (config.MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="at most"):
        config.load(file, Settings)
    with pytest.raises(ConfigError, match="Is a directory"):
        config.load(file.parent, Settings)


def test_the_exit_code_is_one_that_systemd_does_not_restart_on() -> None:
    assert ConfigError.EXIT_CODE == 78


WORDS = (
    "broker cameras gallery source type path s3 folder port tls a-b log : [ ] { } , &a *a << !! = ' | > # "
    "null ~ 1 1.5 .nan true 2026-01-31 2026-99-99 0x é --- ... !!python/name:os.system"
)
SPACED = [
    ": ",
    "- ",
    "? ",
    "!!int ",
    "!!binary ",
    "!!set ",
    "!!timestamp ",
    "%YAML 9.9\n",
    '"',
    "\t",
    "\n",
    "\n  ",
]

yamlish = st.lists(st.sampled_from([*WORDS.split(), *SPACED]), max_size=25).map("".join)
texts = st.text(max_size=60) | yamlish


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=400)
@given(content=st.binary(max_size=60) | texts.map(lambda text: text.encode("utf-8", "replace")))
def test_any_file_is_settings_or_a_config_error(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    try:
        assert isinstance(config.load(file, Settings), Settings)
    except ConfigError as error:
        assert error.faults  # noqa: PT017  the law is "either, or"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "a: " * 5000,
        "{a: " * 900 + "1" + "}" * 900,
        "a: &a [*a]\n",
        "broker: &b\n  tls: *b\n",
        "cameras: &c\n  a: *c\n",
        "broker:\n  ? [1, 2]\n  : 3\n",
        "broker:\n  ? {a: 1}\n  : 3\n",
        "broker:\n  port: !!int x\n",
        "broker:\n  host: !!python/object/apply:os.system [ls]\n",
        "broker:\n  host: 2026-02-30\n",
        "broker:\n  start: [1]\n",
        "broker:\n  start: {a: 1}\n",
        "gallery:\n  source: {? [a] : b, type: folder, path: x}\n",
        "gallery:\n  source: {type: [folder]}\n",
        'gallery:\n  source: {type: folder, path: "a\\0b"}\n',
        "gallery:\n  source: {type: folder, path: ~nobody-of-this-name/x}\n",
        "broker: &a {<<: *a}\n",
        "broker:\n  port: " + "9" * 5000 + "\n",
        "broker:\n  port: 0b" + "1" * 5000 + "\n",
        "broker:\n  port: 1:" + ":59" * 5000 + "\n",
        "broker: {}\n---\nbroker: {}\n",
    ],
)
def test_odd_yaml_is_a_config_error(text: str, file: Path) -> None:
    assert faults(file, text)


def test_aliases_which_could_multiply_are_refused(file: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert faults(file, "a0: &a0 [x]\n" + levels) == ["2: not YAML: aliases are not taken, write it out"]
