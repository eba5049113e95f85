"""The generated configuration, as text."""

from pathlib import Path

import pytest

from broker.mosquitto import __main__ as generator
from broker.mosquitto import acl, conf
from broker.topics import Topics
from tests.private_broker import require_mosquitto

COMMITTED = Path(generator.__file__).parent


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    assert generator.main(["--out", str(tmp_path), "--homeassistant"]) == 0
    for name in ("mosquitto.conf", "mosquitto.acl"):
        assert (tmp_path / name).read_text() == (COMMITTED / name).read_text(), (
            "run python -m broker.mosquitto --out broker/mosquitto --homeassistant"
        )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mosquitto.acl", "mosquitto.conf"]


def test_each_listener_makes_the_user_name_the_client_id() -> None:
    listeners = conf.installed(conf.Installation()).split("\nlistener ")[1:]
    assert [listener.split("\n")[0] for listener in listeners] == ["1883 127.0.0.1", "8883"]
    for listener in listeners:
        assert "use_username_as_clientid true" in listener


def test_only_a_node_may_write_events_and_only_a_logger_acks() -> None:
    topics = Topics()
    writers = {
        role: rights("x", topics).write
        for role, rights in {
            "device": acl.device,
            "node": acl.node,
            "logger": acl.logger,
            "dashboard": acl.dashboard,
            "asker": acl.asker,
            "home assistant": acl.home_assistant,
        }.items()
    }
    assert [role for role, write in writers.items() if topics.events_filter() in write] == ["node"]
    assert [role for role, write in writers.items() if topics.acks("+") in write] == ["logger"]
    assert not any("#" in topic for write in writers.values() for topic in write)


def test_the_client_id_gives_no_right() -> None:
    assert "%c" not in acl.text(acl.Identities(devices=("a",), nodes=("n",), loggers=("l",)), Topics())


def test_another_prefix_is_used_throughout(tmp_path: Path) -> None:
    generator.main(["--out", str(tmp_path), "--prefix", "home/faces"])
    rules = [line for line in (tmp_path / "mosquitto.acl").read_text().splitlines() if "topic" in line]
    assert not [line for line in rules if " edge/" in line]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--feed", "a/#"],
        ["--feed", "x=a/b\ntopic #"],
        ["--devices", "Front Door"],
        ["--devices", "a\nuser b"],
        ["--prefix", "a/#"],
        ["--nodes", "+"],
    ],
)
def test_names_that_would_break_the_file_are_refused(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        generator.main(["--out", str(tmp_path), *arguments])
    said = capsys.readouterr().err
    assert any(words in said for words in ("no name for a topic", "no prefix for topics", "expected a topic"))


def test_a_feed_is_read_by_nodes_and_dashboards_and_written_by_the_user_before_it(tmp_path: Path) -> None:
    feeds = ["--feed", "frigate/{device}/person/snapshot", "--feed", "esp32=esp32/door/jpg"]
    assert generator.main(["--out", str(tmp_path), "--dashboards", "edge-web", *feeds]) == 0
    blocks = (tmp_path / "mosquitto.acl").read_text().split("\n\n")
    for name in ("node-1", "edge-web"):
        (reader,) = (block for block in blocks if f"user {name}\n" in block)
        assert "topic read frigate/+/person/snapshot\n" in reader
        assert "topic read esp32/door/jpg\n" in reader
    assert "# another program\nuser esp32\ntopic write esp32/door/jpg\n" in blocks
    assert sum("esp32/door/jpg" in block for block in blocks) == 3


def test_a_name_has_one_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--out", str(tmp_path), "--devices", "a,b", "--nodes", "a"]) == 2
    assert "expected each name once: a" in capsys.readouterr().err


def test_passwords_are_private_random_and_stay(tmp_path: Path) -> None:
    require_mosquitto()
    arguments = ["--out", str(tmp_path), "--passwords", "--devices"]
    assert generator.main([*arguments, "a"]) == 0
    first = (tmp_path / "credentials/a").read_text()
    assert generator.main([*arguments, "a,b"]) == 0
    credentials = {file.name: file.read_text() for file in (tmp_path / "credentials").iterdir()}
    assert credentials.keys() == {"a", "b", "node-1", "edge-logger"}
    assert credentials["a"] == first
    assert len(set(credentials.values())) == 4
    hashed = tmp_path / "passwords"
    assert {line.split(":")[0] for line in hashed.read_text().splitlines()} == credentials.keys()
    assert not [password for password in credentials.values() if password.strip() in hashed.read_text()]
    for file in [hashed, *(tmp_path / "credentials").iterdir()]:
        assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "credentials").stat().st_mode & 0o777 == 0o700
