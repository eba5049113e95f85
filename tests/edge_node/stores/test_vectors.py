import logging
from pathlib import Path

import numpy as np
import pytest

from edge_node.compact import Compact
from edge_node.search import Product
from edge_node.stores import vectors
from edge_node.stores.vectors import VectorFile, search_in

ROWS = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
OWNERS, NOBODY = np.arange(50), np.zeros(50, np.bool_)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    file = VectorFile.of(tmp_path / "state", list(ROWS))
    assert len(file) == 50
    assert np.array_equal(file[10:20], ROWS[10:20])
    assert np.array_equal(file[45:60], ROWS[45:])
    assert np.array_equal(file[np.array([49, 3, 3])], ROWS[[49, 3, 3]])


def test_templates_on_disk_have_no_name(tmp_path: Path) -> None:
    file = VectorFile.of(tmp_path, list(ROWS))
    assert list(tmp_path.iterdir()) == []
    assert np.array_equal(file[:], ROWS)


def test_the_size_decides_how_to_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = search_in(tmp_path)
    assert isinstance(build(list(ROWS), OWNERS, NOBODY), Product)
    monkeypatch.setattr(vectors, "COMPACT_FROM", 50)
    large = build(list(ROWS), OWNERS, NOBODY)
    assert isinstance(large, Compact)
    assert np.array_equal(large.vectors(), ROWS)


def test_without_room_templates_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(vectors, "COMPACT_FROM", 50)
    (tmp_path / "state").write_text("a file, not a folder")
    with caplog.at_level(logging.WARNING):
        assert isinstance(search_in(tmp_path / "state")(list(ROWS), OWNERS, NOBODY), Product)
    assert "templates stay in memory" in caplog.text
