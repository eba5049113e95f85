import hashlib
import logging
import stat
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from broker.messages import EventType
from edge_node.gallery import Enrolment
from edge_node.stores.templates import TemplateFile
from tests.edge_node.people import ANN, BOB, DIMENSION, enrolled, unit

FOUND = [
    *enrolled("Ann", EventType.AUTHORISED, ANN, BOB),
    Enrolment("Restricted/Eve.jpg", EventType.RESTRICTED, "Eve", "f", "d", None, "no_face"),
    *enrolled("Zoë", EventType.RESTRICTED, unit(1, 2, 3)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state/templates"


@pytest.fixture
def file(path: Path) -> TemplateFile:
    return TemplateFile(path, model="model", dimension=DIMENSION)


def facts(enrolments: list[Enrolment]) -> list[tuple[object, ...]]:
    return [
        (
            o.key,
            o.group,
            o.person,
            o.fingerprint,
            o.digest,
            o.reason,
            None if o.template is None else o.template.tobytes(),
        )
        for o in enrolments
    ]


def test_everything_comes_back(file: TemplateFile) -> None:
    file.save(FOUND)
    assert facts(file.load()) == facts(FOUND)
    file.save([])
    assert file.load() == []


def test_what_could_not_be_read_is_not_kept(file: TemplateFile) -> None:
    file.save([Enrolment("a", EventType.AUTHORISED, "Ann", "f", "", None, "unreadable")])
    assert file.load() == []


def test_nobody_else_may_read_it(file: TemplateFile, path: Path) -> None:
    file.save(FOUND)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_absent_is_empty_without_a_word(file: TemplateFile, caplog: pytest.LogCaptureFixture) -> None:
    assert file.load() == []
    assert not caplog.records


def test_every_cut_and_every_flipped_byte_is_noticed(file: TemplateFile, path: Path) -> None:
    file.save(FOUND)
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position])
        assert file.load() == []
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x40]) + whole[position + 1 :])
        assert file.load() == []
    path.write_bytes(whole)
    assert len(file.load()) == len(FOUND)


def signed(contents: object) -> bytes:
    payload = msgspec.msgpack.encode(contents)
    return hashlib.sha256(payload).digest() + payload


ROW = ["k", "authorised", "Ann", "f", "d", None]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "another"},
        {"dimension": DIMENSION * 2},
        {"dimension": 0},
        {"vectors": b""},
        {"vectors": ANN.tobytes()[:-1]},
        {"vectors": (ANN * 2).tobytes()},
        {"vectors": np.full(DIMENSION, np.nan, np.float32).tobytes()},
        {"vectors": np.full(DIMENSION, np.inf, np.float32).tobytes()},
        {"rows": []},
        {"rows": [ROW, ROW]},
        {"rows": [["k", "king", "Ann", "f", "d", None]]},
        {"rows": "rows"},
    ],
)
def test_odd_contents_are_refused(
    file: TemplateFile, path: Path, changes: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    good = {"model": "model", "dimension": DIMENSION, "rows": [ROW], "vectors": ANN.tobytes()}
    path.parent.mkdir()
    path.write_bytes(signed(good))
    assert len(file.load()) == 1
    path.write_bytes(signed({**good, **changes}))
    assert file.load() == []
    assert caplog.record_tuples[0][1] == logging.WARNING
    assert "enrolled anew" in caplog.text


@pytest.mark.parametrize("other", [b"", b"\0" * 40, b"\x80\x04\x95", signed([]), signed(None), signed({})])
def test_other_files_are_refused(file: TemplateFile, path: Path, other: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(other)
    assert file.load() == []


def test_a_folder_in_its_place(file: TemplateFile, path: Path) -> None:
    path.mkdir(parents=True)
    assert file.load() == []


def test_ten_thousand_load_quickly(path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(10_000, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    file = TemplateFile(path, model="model", dimension=128)
    file.save(
        [
            Enrolment(f"Authorised/{n}.jpg", EventType.AUTHORISED, f"{n}", "f" * 32, f"{n:064}", vector)
            for n, vector in enumerate(vectors)
        ]
    )
    began = time.process_time()
    assert len(file.load()) == 10_000
    assert time.process_time() - began < 2
