import errno
import os
from pathlib import Path

import pytest

from broker.messages import EventType
from edge_node.errors import GalleryError
from edge_node.stores.folder import FolderStore
from edge_node.stores.layout import Layout


def put(path: Path, content: bytes = b"photo") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def people(store: FolderStore) -> dict[str, tuple[str, str]]:
    return {photo.key: (photo.person, photo.group.value) for photo in store.photos()}


def problems(store: FolderStore) -> dict[str, str]:
    return {one.photo: one.reason for one in store.problems()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "people/Authorised").mkdir(parents=True)
    return tmp_path / "people"


def test_files_and_folders_name_people(root: Path) -> None:
    put(root / "Authorised/Ann Lee.jpg")
    put(root / "Authorised/José Núñez/1.JPG")
    put(root / "Authorised/José Núñez/by the door.jpeg")
    put(root / "Restricted/王小明.jpg")
    store = FolderStore(root, Layout("Authorised", "Restricted/"))
    store.sync()
    assert people(store) == {
        "Authorised/Ann Lee.jpg": ("Ann Lee", "authorised"),
        "Authorised/José Núñez/1.JPG": ("José Núñez", "authorised"),
        "Authorised/José Núñez/by the door.jpeg": ("José Núñez", "authorised"),
        "Restricted/王小明.jpg": ("王小明", "restricted"),
    }
    assert problems(store) == {}
    assert store.restricted() == {"王小明"}


def test_names_that_differ_only_in_case_are_one_persons(root: Path) -> None:
    put(root / "Authorised/BOB.png")
    put(root / "Authorised/Bob/1.jpg")
    put(root / "Authorised/STRASSE.jpg")
    put(root / "Restricted/bob.jpg")
    put(root / "Restricted/straße.txt")
    store = FolderStore(root, Layout())
    store.sync()
    assert people(store) == {
        "Authorised/Bob/1.jpg": ("Bob", "authorised"),
        "Authorised/STRASSE.jpg": ("STRASSE", "authorised"),
        "Restricted/bob.jpg": ("Bob", "restricted"),
    }
    assert store.restricted() == {"Bob", "STRASSE"}


def test_what_is_no_photo_is_reported_and_litter_is_not(root: Path) -> None:
    put(root / "Authorised/Ann.png")
    put(root / "Authorised/Ann/2024/1.jpg")
    put(root / "Authorised/evil\u202egpj.jpg")
    put(root / "Authorised/.DS_Store")
    put(root / "Authorised/Ann/Thumbs.db")
    put(root / "notes.txt")
    os.mkfifo(root / "Authorised/pipe.jpg")
    (root / "Authorised/broken.jpg").symlink_to(root / "nowhere")
    store = FolderStore(root, Layout())
    store.sync()
    assert people(store) == {}
    assert problems(store) == {
        "Authorised/Ann.png": "not_jpeg",
        "Authorised/Ann/2024/?": "too_deep",
        "Authorised/evil\\u202egpj.jpg": "bad_name",
        "Authorised/pipe.jpg": "not_a_file",
        "Authorised/broken.jpg": "unreadable",
    }


def test_a_file_name_that_is_not_utf8(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/Authorised/Jos\xe9.jpg")).write_bytes(b"photo")
    store = FolderStore(root, Layout())
    store.sync()
    assert problems(store) == {"Authorised/Jos\\udce9.jpg": "bad_name"}


def test_links_in_circles_and_to_the_outside(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside/1.jpg")
    (root / "Authorised/Ann").symlink_to(tmp_path / "outside")
    (root / "Authorised/Loop").symlink_to(root / "Authorised")
    (root / "Authorised/Self").symlink_to(root / "Authorised/Self")
    store = FolderStore(root, Layout())
    store.sync()
    assert list(people(store)) == ["Authorised/Ann/1.jpg"]


def test_a_change_changes_the_fingerprint(root: Path) -> None:
    path = put(root / "Authorised/Ann.jpg")
    store = FolderStore(root, Layout())
    store.sync()
    (before,) = store.photos()
    os.utime(path, ns=(1, 1))
    store.sync()
    (after,) = store.photos()
    assert before.fingerprint != after.fingerprint
    assert before.path == after.path == path


def test_a_disk_that_is_not_mounted_keeps_the_last_photos(root: Path) -> None:
    put(root / "Authorised/Ann.jpg")
    store = FolderStore(root, Layout())
    store.sync()
    root.rename(root.with_name("unmounted"))
    root.mkdir()
    with pytest.raises(GalleryError, match=r"mount the disk or correct gallery\.source\.path") as caught:
        store.sync()
    assert caught.value.reason == "no_folder"
    assert list(people(store)) == ["Authorised/Ann.jpg"]


def test_a_folder_that_cannot_be_read_is_said_in_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(GalleryError) as caught:
        FolderStore(root, Layout()).sync()
    words = f"{root}/Authorised cannot be read: Permission denied: check the disk and the permissions"
    assert str(caught.value) == words


def test_photos_before_any_sync(root: Path, tmp_path: Path) -> None:
    put(root / "Authorised/Ann.jpg")
    assert list(people(FolderStore(root, Layout()))) == ["Authorised/Ann.jpg"]
    with pytest.raises(GalleryError):
        FolderStore(tmp_path / "nowhere", Layout()).photos()


def test_a_group_inside_the_other(root: Path) -> None:
    put(root / "Authorised/Banned/Bob.jpg")
    put(root / "Authorised/Ann.jpg")
    store = FolderStore(root, Layout("Authorised", "Authorised/Banned"))
    store.sync()
    assert {photo.person: photo.group for photo in store.photos()} == {
        "Ann": EventType.AUTHORISED,
        "Bob": EventType.RESTRICTED,
    }


def test_nothing_is_written(root: Path) -> None:
    put(root / "Authorised/Ann.jpg")
    for folder in (root / "Authorised", root):
        folder.chmod(0o555)
    try:
        FolderStore(root, Layout()).sync()
        assert sorted(path.name for path in root.rglob("*")) == ["Ann.jpg", "Authorised"]
    finally:
        for folder in (root, root / "Authorised"):
            folder.chmod(0o755)


def test_a_link_to_itself_spoils_nobody_else(root: Path) -> None:
    put(root / "Authorised/Ann Lee.jpg")
    (root / "Authorised/loop.jpg").symlink_to("loop.jpg")
    store = FolderStore(root, Layout())
    store.sync()
    assert list(people(store)) == ["Authorised/Ann Lee.jpg"]
    assert problems(store) == {"Authorised/loop.jpg": "unreadable"}
