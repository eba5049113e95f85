from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_node.evaluation.dataset import DatasetError, deal_pairs
from edge_node.evaluation.read import read_dataset

HEAD = "image_a,image_b,same_person"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Bob/Bob_0012.jpg", "loose.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def written(folder: Path, text: str | bytes, name: str = "pairs.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv(folder: Path) -> None:
    lines = [
        f"{HEAD},fold",
        "Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,1,1",
        "",
        '"Ann/Ann_0001.jpg", Bob/Bob_0001.jpg ,FALSE,2',
    ]
    dataset = read_dataset(written(folder, "\ufeff" + "\r\n".join(lines)))
    assert dataset.names == ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg")
    assert dataset.people == ("Ann", "Ann", "Bob")
    assert [(pair.first, pair.second, pair.same, pair.fold) for pair in dataset.pairs] == [
        (0, 1, True, 1),
        (0, 2, False, 2),
    ]


def test_photos_may_lie_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    away = written(tmp_path_factory.mktemp("away"), f"{HEAD}\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1\n")
    with pytest.raises(DatasetError, match=r"pairs\.csv:2: Ann/Ann_0001\.jpg is not in .*--images"):
        read_dataset(away)
    assert len(read_dataset(away, folder).pairs) == 1


def test_without_folds_both_kinds_are_dealt(folder: Path) -> None:
    rows = ["Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,1"] * 20 + ["Ann/Ann_0001.jpg,Bob/Bob_0001.jpg,0"] * 20
    dataset = read_dataset(written(folder, "\n".join([HEAD, *rows])))
    for fold in range(10):
        assert sorted(pair.same for pair in dataset.pairs if pair.fold == fold) == [False, False, True, True]


@pytest.mark.parametrize(
    "pair",
    [
        "Ann/Ann_0001.jpg,Bob/Bob_0001.jpg,1",
        "Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,0",
        "Ann/Ann_0001.jpg,loose.jpg,0",
    ],
)
def test_folders_that_name_nobody_leave_people_unknown(folder: Path, pair: str) -> None:
    assert read_dataset(written(folder, f"{HEAD}\n{pair}\n")).people is None


def test_the_format_of_lfw(folder: Path) -> None:
    text = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t12\nBob\t1\t12\nAnn\t2\tBob\t1\n"
    dataset = read_dataset(written(folder, text, "pairs.txt"))
    assert [(dataset.names[p.first], dataset.names[p.second], p.same, p.fold) for p in dataset.pairs] == [
        ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", True, 0),
        ("Ann/Ann_0001.jpg", "Bob/Bob_0012.jpg", False, 0),
        ("Bob/Bob_0001.jpg", "Bob/Bob_0012.jpg", True, 1),
        ("Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", False, 1),
    ]


def test_lfw_s_development_files_name_no_folds(folder: Path) -> None:
    dataset = read_dataset(written(folder, "1\nAnn\t1\t2\nAnn\t1\tBob\t12\n", "pairsDevTest.txt"))
    assert [pair.same for pair in dataset.pairs] == [True, False]


def test_a_folder_for_each_person(folder: Path) -> None:
    (folder / "Ann/notes.txt").write_bytes(b"")
    dataset = read_dataset(folder)
    assert dataset.people == ("Ann", "Ann", "Bob", "Bob")
    assert [pair.same for pair in dataset.pairs].count(True) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: expected the columns image_a,image_b,same_person and perhaps fold, found nothing"),
        ("a;b;c\n", ":1: expected the columns .* found a;b;c"),
        (HEAD, ":1: expected pairs, found none"),
        (f"{HEAD},fold\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1\n", ":2: expected 4 cells, found 3"),
        (f"{HEAD}\n\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,maybe\n", ":3: expected 1 or 0 .* found 'maybe'"),
        (f"{HEAD},fold\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1,-1\n", ":2: expected a number as fold"),
        (f"{HEAD},fold\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpg,1,²\n", ":2: expected a number as fold"),
        (f"{HEAD}\nAnn/Ann_0001.jpg,Ann/Ann_0001.jpg,1\n", ":2: expected two photos, found .* twice"),
        (f"{HEAD}\n../secret.jpg,Ann/Ann_0001.jpg,1\n", ":2: expected a photo below"),
        (f"{HEAD}\n/etc/passwd,Ann/Ann_0001.jpg,1\n", ":2: expected a photo below"),
        (f"{HEAD}\n,Ann/Ann_0001.jpg,1\n", ":2: expected a photo below"),
        (f"{HEAD}\n{'x' * 5000}.jpg,Ann/Ann_0001.jpg,1\n", ":2: xxx.* is not in"),
        (f"{HEAD}\nAnn\x1b[2J.jpg,Ann/Ann_0001.jpg,1\n", r":2: Ann\\x1b\[2J\.jpg is not in"),
        (f'{HEAD}\n"Ann/Ann_0001.jpg,Ann/Ann_0002.jpg,1\n', ":2: expected comma-separated values"),
        (f"{HEAD}\n{'x' * 200_000},b,1\n", ":2: expected comma-separated values: field larger"),
        (f"{HEAD}\nAnn/\xe9".encode("latin-1"), ":2: expected UTF-8"),
        ("2\t1\nAnn\t1\t2\n", ":1: expected 2 x 2 x 1 = 4 pairs as said here, found 1"),
        ("0\n", ":1: expected 1 x 2 x 0 = 0 pairs"),
        ("1\nAnn\t1\tBob\t1\nAnn\t1\t2\n", ":2: expected name, number, number between tabs"),
        ("1\nAnn\t1\tx\nAnn\t1\tBob\t1\n", ":2: expected the number of a photo, found 'x'"),
        ("1\n../Ann\t1\t2\nAnn\t1\tBob\t1\n", ":2: expected a photo below"),
    ],
)
def test_one_clear_error_with_its_line(folder: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        read_dataset(written(folder, text))


def test_what_is_no_dataset_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read_dataset(tmp_path / "absent.csv")
    with pytest.raises(DatasetError, match="two people or more, found 0 photos of 0"):
        read_dataset(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: f"{HEAD}\n{text}".encode("utf-8", "replace"))
)
def test_any_bytes_are_one_clear_error(folder: Path, data: bytes) -> None:
    path = written(folder, data)
    with pytest.raises(DatasetError, match=r"pairs\.csv:[0-9]+: expected"):
        read_dataset(path)


@given(st.lists(st.integers(0, 30).map(str), max_size=80).map(sorted))
def test_pairs_are_drawn_by_the_rules_of_lfw(people: list[str]) -> None:
    pairs = deal_pairs(tuple(people))
    folds: dict[str, set[int]] = {}
    for pair in pairs:
        assert pair.first != pair.second
        assert (people[pair.first] == people[pair.second]) == pair.same
        for position in (pair.first, pair.second):
            folds.setdefault(people[position], set()).add(pair.fold)
    assert all(len(found) == 1 for found in folds.values()), "nobody is in two folds"
    for fold in {pair.fold for pair in pairs}:
        own = [pair.same for pair in pairs if pair.fold == fold]
        assert own.count(True) >= own.count(False)
    assert len({(pair.first, pair.second) for pair in pairs}) == len(pairs)
    assert pairs == deal_pairs(tuple(people))
