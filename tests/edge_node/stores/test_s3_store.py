import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_node.errors import GalleryError
from edge_node.stores.bucket import Bucket
from edge_node.stores.layout import Layout
from edge_node.stores.s3 import S3Store
from tests.edge_node.faulty_s3 import JPEG, Cloud, Fault, FaultyServer, cut_short, refuse, stay_silent, well


def keys(store: S3Store) -> list[str]:
    return [photo.key for photo in store.photos()]


def problems(store: S3Store) -> dict[str, str]:
    return {one.photo: one.reason for one in store.problems()}


def on_listing(fault: Fault) -> Callable[[str], Fault | None]:
    return lambda path: fault if "list-type" in path else None


def on_object(name: str, fault: Fault) -> Callable[[str], Fault | None]:
    return lambda path: fault if name in path and "list-type" not in path else None


def sync_fails(store: S3Store) -> str:
    with pytest.raises(GalleryError) as caught:
        store.sync()
    return caught.value.reason


def test_photos_are_mirrored_with_accents_and_spaces(cloud: Cloud, store: S3Store) -> None:
    cloud.put("Authorised/José Núñez.jpg", JPEG + b"1")
    cloud.put("Authorised/Ann Lee/by the door +1 %2F.JPEG", JPEG + b"2")
    cloud.put("Restricted/王小明.jpg", JPEG + b"3")
    store.sync()
    found = {photo.person: (photo.group.value, photo.path.read_bytes()[-1:]) for photo in store.photos()}
    assert found == {
        "José Núñez": ("authorised", b"1"),
        "Ann Lee": ("authorised", b"2"),
        "王小明": ("restricted", b"3"),
    }
    assert problems(store) == {}


def test_changes_and_deletions_follow(cloud: Cloud, store: S3Store) -> None:
    for name in ("Ann", "Bob"):
        cloud.put(f"Authorised/{name}.jpg", JPEG)
    store.sync()
    first = {photo.key: photo.fingerprint for photo in store.photos()}
    cloud.put("Authorised/Ann.jpg", JPEG + b"new")
    cloud.delete("Authorised/Bob.jpg")
    store.sync()
    (ann,) = store.photos()
    assert ann.path.read_bytes() == JPEG + b"new"
    assert ann.fingerprint != first[ann.key]
    assert list(ann.path.parent.iterdir()) == [ann.path]


def test_nothing_is_fetched_twice(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    proxy.fault = on_object("Ann", refuse(500, "InternalError"))
    store.sync()
    assert keys(store) == ["Authorised/Ann.jpg"]


def test_a_prefix_stands_before_the_groups(cloud: Cloud, tmp_path: Path) -> None:
    cloud.put("site a/Family/Ann.jpg", JPEG)
    cloud.put("Family/Bob.jpg", JPEG)
    store = S3Store(Bucket(cloud.source(prefix="site a/")), Layout("Family", "Banned"), tmp_path / "mirror")
    store.sync()
    assert keys(store) == ["Family/Ann.jpg"]


def test_more_than_a_page(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    """The answers are S3's own words, served without a thousand objects: 1,000 keys a page."""
    pages = iter([range(1000), range(1000, 1500), range(0)])

    def listing(numbers: range) -> bytes:
        more = numbers.stop == 1000
        contents = "".join(
            f"<Contents><Key>Authorised/{n}.txt</Key><ETag>&quot;{n:032x}&quot;</ETag><Size>9</Size></Contents>"
            for n in numbers
        )
        token = "<NextContinuationToken>next</NextContinuationToken>" if more else ""
        return (
            f"<?xml version='1.0'?><ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token}{contents}</ListBucketResult>"
        ).encode()

    proxy.fault = on_listing(lambda peer: peer.answer(200, {}, listing(next(pages))))
    store.sync()
    assert len(problems(store)) == 1500


def test_a_move_to_restricted_takes_one_sync(cloud: Cloud, store: S3Store) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    cloud.put("Restricted/Ann.jpg", JPEG)
    cloud.delete("Authorised/Ann.jpg")
    store.sync()
    assert keys(store) == ["Restricted/Ann.jpg"]


def test_a_move_that_cannot_be_fetched_leaves_nobody_unknown(
    cloud: Cloud, store: S3Store, proxy: FaultyServer
) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    cloud.put("Authorised/Bob.jpg", JPEG + b"bob")
    store.sync()
    cloud.put("Restricted/Ann.jpg", JPEG)
    cloud.delete("Authorised/Ann.jpg", "Authorised/Bob.jpg")
    proxy.fault = on_object("Restricted/Ann", refuse(403, "AccessDenied"))
    store.sync()
    assert keys(store) == ["Authorised/Ann.jpg"]
    assert store.restricted() == {"Ann"}
    assert problems(store) == {"Restricted/Ann.jpg": "denied"}
    proxy.fault = well
    store.sync()
    assert keys(store) == ["Restricted/Ann.jpg"]


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "AccessDenied", "denied"),
        (403, "InvalidAccessKeyId", "denied"),
        (400, "ExpiredToken", "expired"),
        (403, "RequestTimeTooSkewed", "clock_skew"),
        (404, "NoSuchBucket", "no_bucket"),
        (400, "AuthorizationHeaderMalformed", "wrong_region"),
        (418, "Teapot", "failed"),
    ],
)
def test_a_refused_listing_changes_nothing(
    cloud: Cloud, store: S3Store, proxy: FaultyServer, status: int, code: str, reason: str
) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    proxy.fault = on_listing(refuse(status, code))
    assert sync_fails(store) == reason
    assert keys(store) == ["Authorised/Ann.jpg"]
    proxy.fault = well
    store.sync()


def test_a_bucket_that_is_not_there(cloud: Cloud, tmp_path: Path) -> None:
    store = S3Store(Bucket(cloud.source(bucket="no-such-bucket")), Layout(), tmp_path / "mirror")
    assert sync_fails(store) == "no_bucket"


def test_no_credentials(cloud: Cloud, store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert sync_fails(store) == "no_credentials"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"profile": "nobody"}, "no_credentials"),
        ({"endpoint_url": "not a url"}, "bad_setting"),
        ({"bucket": "no/bucket name"}, "bad_setting"),
    ],
)
def test_settings_that_cannot_work(
    cloud: Cloud, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    assert sync_fails(S3Store(Bucket(cloud.source(**changes)), Layout(), tmp_path / "mirror")) == reason


def test_nobody_listens(cloud: Cloud, store: S3Store, proxy: FaultyServer, tmp_path: Path) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    proxy.shutdown()
    proxy.server_close()
    restarted = S3Store(Bucket(cloud.source()), Layout(), tmp_path / "mirror")
    assert keys(restarted) == ["Authorised/Ann.jpg"]
    assert sync_fails(restarted) == "unreachable"
    assert keys(restarted) == ["Authorised/Ann.jpg"]


def test_a_silent_service_is_not_waited_for(cloud: Cloud, proxy: FaultyServer, tmp_path: Path) -> None:
    bucket = Bucket(cloud.source(), connect_seconds=0.2, read_seconds=0.2)
    proxy.fault = on_listing(stay_silent)
    assert sync_fails(S3Store(bucket, Layout(), tmp_path / "mirror")) == "unreachable"


def test_a_stop_in_mid_sync_keeps_what_arrived_and_deletes_nothing_wanted(
    cloud: Cloud, store: S3Store, proxy: FaultyServer
) -> None:
    cloud.put("Authorised/Zoe.jpg", JPEG)
    store.sync()
    for name in "ABC":
        cloud.put(f"Authorised/{name}.jpg", JPEG + name.encode())
    cloud.put("Authorised/Zoe.jpg", JPEG + b"changed")
    proxy.fault = lambda path: refuse(503, "SlowDown") if "B.jpg" in path or "Zoe" in path else None
    assert sync_fails(store) == "busy"
    assert keys(store) == ["Authorised/A.jpg", "Authorised/C.jpg", "Authorised/Zoe.jpg"]
    assert problems(store) == {"Authorised/B.jpg": "busy"}
    proxy.fault = well
    store.sync()
    assert len(keys(store)) == 4
    assert problems(store) == {}


def test_a_download_cut_short_is_tried_again(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG * 1000)
    cloud.put("Authorised/Bob.jpg", JPEG)
    proxy.fault = on_object("Ann", cut_short)
    store.sync()
    assert keys(store) == ["Authorised/Bob.jpg"]
    assert problems(store) == {"Authorised/Ann.jpg": "truncated"}
    proxy.fault = well
    store.sync()
    assert keys(store) == ["Authorised/Ann.jpg", "Authorised/Bob.jpg"]


def test_a_web_page_instead_of_a_photo_is_not_remembered(
    cloud: Cloud, store: S3Store, proxy: FaultyServer
) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    proxy.fault = on_object("Ann", lambda peer: peer.answer(200, {}, b"<html>please log in</html>"))
    store.sync()
    assert problems(store) == {"Authorised/Ann.jpg": "changed"}
    proxy.fault = well
    store.sync()
    assert keys(store) == ["Authorised/Ann.jpg"]


def test_a_listing_that_breaks_off_deletes_nothing(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    for number in range(3):
        cloud.put(f"Authorised/{number}.jpg", JPEG)
    store.sync()
    first_page = (
        b"<?xml version='1.0'?><ListBucketResult><IsTruncated>true</IsTruncated>"
        b"<NextContinuationToken>next</NextContinuationToken></ListBucketResult>"
    )

    def break_off(path: str) -> Fault | None:
        if "continuation-token" in path:
            return refuse(403, "AccessDenied")
        return on_listing(lambda peer: peer.answer(200, {}, first_page))(path)

    proxy.fault = break_off
    assert sync_fails(store) == "denied"
    assert len(keys(store)) == 3


@pytest.mark.parametrize("nonsense", [b"", b"<?xml version='1.0'?><ListBucketResult>", b"\0\xff"])
def test_nonsense_for_a_listing_deletes_nothing(
    cloud: Cloud, store: S3Store, proxy: FaultyServer, nonsense: bytes
) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    proxy.fault = on_listing(lambda peer: peer.answer(200, {}, nonsense))
    assert sync_fails(store) in ("busy", "mass_deletion")
    assert keys(store) == ["Authorised/Ann.jpg"]


def test_everybody_goes_only_after_three_equal_listings(cloud: Cloud, store: S3Store) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    cloud.delete("Authorised/Ann.jpg")
    assert [sync_fails(store), sync_fails(store)] == ["mass_deletion", "mass_deletion"]
    assert keys(store) == ["Authorised/Ann.jpg"]
    store.sync()
    assert keys(store) == []


def test_a_listing_that_recovers_is_counted_anew(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    empty = on_listing(lambda peer: peer.answer(200, {}, b"<?xml version='1.0'?><ListBucketResult/>"))
    for _ in range(4):
        proxy.fault = empty
        assert sync_fails(store) == "mass_deletion"
        proxy.fault = well
        store.sync()
    assert keys(store) == ["Authorised/Ann.jpg"]


def test_news_arrives_while_a_mass_deletion_waits(cloud: Cloud, store: S3Store) -> None:
    people = [f"Authorised/{number}.jpg" for number in range(20)]
    for position, key in enumerate(people):
        cloud.put(key, JPEG + bytes([position]))
    store.sync()
    cloud.delete(*people[:15])
    cloud.put("Restricted/3.jpg", JPEG + b"new")
    assert sync_fails(store) == "mass_deletion"
    assert len(keys(store)) == 21
    assert store.restricted() == {"3"}
    cloud.put(people[0], JPEG)
    assert sync_fails(store) == "mass_deletion"
    assert len(keys(store)) == 21


def test_moving_everybody_is_no_mass_deletion(cloud: Cloud, store: S3Store) -> None:
    for number in range(12):
        cloud.put(f"Authorised/{number}.jpg", JPEG + bytes([number]))
    store.sync()
    for number in range(12):
        cloud.put(f"Restricted/{number}.jpg", JPEG + bytes([number]))
        cloud.delete(f"Authorised/{number}.jpg")
    store.sync()
    assert len(store.restricted()) == len(keys(store)) == 12


@pytest.mark.parametrize(
    "torn",
    [b"", b"\xff\xfe", b'{"source":"x","entries":{"a":{}}}', b"[" * 100_000],
)
def test_a_torn_index_is_made_anew(cloud: Cloud, store: S3Store, tmp_path: Path, torn: bytes) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    (tmp_path / "mirror/index.json").write_bytes(torn)
    restarted = S3Store(Bucket(cloud.source()), Layout(), tmp_path / "mirror")
    with pytest.raises(GalleryError, match="not yet read"):
        restarted.photos()
    restarted.sync()
    assert keys(restarted) == ["Authorised/Ann.jpg"]


def test_bytes_that_vanished_or_tore_are_fetched_again(cloud: Cloud, store: S3Store) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    cloud.put("Authorised/Bob.jpg", JPEG)
    store.sync()
    ann, bob = store.photos()
    ann.path.unlink()
    bob.path.write_bytes(JPEG[:10])
    store.sync()
    assert ann.path.read_bytes() == bob.path.read_bytes() == JPEG


def test_another_bucket_does_not_inherit(cloud: Cloud, store: S3Store, tmp_path: Path) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    other = S3Store(Bucket(cloud.source(prefix="elsewhere/")), Layout(), tmp_path / "mirror")
    assert keys(other) == []
    other.sync()
    assert list((tmp_path / "mirror/objects").iterdir()) == []


HOSTILE = [
    "Authorised/../../../etc/passwd.jpg",
    "Authorised//etc/passwd.jpg",
    "Authorised/\u202egpj.exe.jpg",
    "Authorised/" + "x" * 1009 + ".jpg",
    "Authorised/Ann/" + "ü" * 500 + ".jpg",
    "Authorised/folder/",
    "Authorised/",
    "Authorised/a/b/c/d.jpg",
    "Authorised/%2e%2e%2f.jpg",
    "Authorised/Ann/$(reboot);'\".jpg",
    "AuthorisedNot/Ann.jpg",
]


def test_hostile_keys_are_harmless(cloud: Cloud, store: S3Store, tmp_path: Path) -> None:
    for position, key in enumerate(HOSTILE):
        cloud.put(key, JPEG + bytes([position]))
    cloud.put("Authorised/Ann/good.jpg", JPEG)
    store.sync()
    photos = store.photos()
    assert "Authorised/Ann/good.jpg" in [photo.key for photo in photos]
    assert {photo.person for photo in photos} == {"Ann", "%2e%2e%2f"}
    assert {path.name for path in tmp_path.iterdir()} == {"mirror"}
    for path in (tmp_path / "mirror/objects").iterdir():
        assert len(path.name) == 68
    assert all(one.photo.isprintable() and len(one.photo) <= 120 for one in store.problems())
    json.dumps([one.photo for one in store.problems()]).encode()


def test_a_line_end_in_a_key(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    page = (
        b"<?xml version='1.0'?><ListBucketResult><EncodingType>url</EncodingType><Contents>"
        b"<Key>Authorised/Ann/%%0A%%00%%1B.jpg</Key><ETag>&quot;e&quot;</ETag><Size>%d</Size>"
        b"</Contents></ListBucketResult>"
    ) % len(JPEG)
    proxy.fault = lambda path: lambda peer: peer.answer(200, {}, page if "list-type" in path else JPEG)
    store.sync()
    (photo,) = store.photos()
    assert photo.path.name.removesuffix(".jpg").isalnum()


def test_what_is_no_photo_is_reported_once_and_not_fetched_again(
    cloud: Cloud, store: S3Store, proxy: FaultyServer
) -> None:
    cloud.put("Authorised/Ann.jpg", b"\x89PNG\r\n\x1a\n and so on")
    cloud.put("Authorised/Bob.jpg", b"")
    cloud.put("Authorised/Eve.png", b"\x89PNG")
    cloud.put("Authorised/.DS_Store", b"litter")
    store.sync()
    expected = {
        "Authorised/Ann.jpg": "not_jpeg",
        "Authorised/Bob.jpg": "empty",
        "Authorised/Eve.png": "not_jpeg",
    }
    assert problems(store) == expected
    proxy.fault = on_object("jpg", refuse(403, "AccessDenied"))
    store.sync()
    assert problems(store) == expected


def test_a_photo_too_large_is_not_fetched(cloud: Cloud, store: S3Store, proxy: FaultyServer) -> None:
    page = (
        b"<?xml version='1.0'?><ListBucketResult><Contents><Key>Authorised/Ann.jpg</Key>"
        b"<ETag>&quot;e&quot;</ETag><Size>50000001</Size></Contents></ListBucketResult>"
    )
    proxy.fault = on_listing(lambda peer: peer.answer(200, {}, page))
    store.sync()
    assert problems(store) == {"Authorised/Ann.jpg": "too_large"}


def test_the_mirror_is_for_nobody_else(cloud: Cloud, store: S3Store, tmp_path: Path) -> None:
    cloud.put("Authorised/Ann.jpg", JPEG)
    store.sync()
    for path in (tmp_path / "mirror").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_mirror_that_cannot_be_written(cloud: Cloud, store: S3Store, tmp_path: Path) -> None:
    (tmp_path / "mirror").write_text("a file where a folder should be")
    assert sync_fails(store) == "mirror"


def test_it_gives_up_on_a_service_that_fails_throughout(
    cloud: Cloud, store: S3Store, proxy: FaultyServer
) -> None:
    for number in range(60):
        cloud.put(f"Authorised/{number}.jpg", JPEG)
    asked: list[str] = []

    def expired(path: str) -> Fault | None:
        if "list-type" in path:
            return None
        asked.append(path)
        return refuse(400, "ExpiredToken")

    proxy.fault = expired
    assert sync_fails(store) == "expired"
    assert 16 <= len(asked) < 60
    assert len(problems(store)) == 60
