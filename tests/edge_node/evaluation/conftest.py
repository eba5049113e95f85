import shutil
from pathlib import Path

import pytest

from edge_node.models.install import Models


@pytest.fixture
def people(photos: Path, tmp_path: Path) -> Path:
    """A folder for each of four people: one with three photos, and one whose only photo is damaged."""
    root = tmp_path / "people"
    for name, files in {
        "Barack Obama": ("obama.jpg", "obama2.jpg", "obama3.jpg"),
        "Joe Biden": ("biden.jpg",),
        "Grace Hopper": ("grace_hopper.jpg",),
    }.items():
        (root / name).mkdir(parents=True)
        for file in files:
            shutil.copyfile(photos / file, root / name / file)
    (root / "Nobody").mkdir()
    (root / "Nobody/torn.jpg").write_bytes((photos / "biden.jpg").read_bytes()[:9000])
    return root


@pytest.fixture
def settings_file(tmp_path: Path, models: Models) -> Path:
    state = tmp_path / "state"
    state.mkdir()
    (state / "models").symlink_to(models.kept_in)
    file = tmp_path / "config.yaml"
    file.write_text(
        "node: {state_dir: state}\n"
        "engine: {detector: centerface, embedder: dlib_resnet}\n"
        "gallery: {source: {type: folder, path: gallery}}\n"
    )
    return file
