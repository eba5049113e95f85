from pathlib import Path

import pytest

from broker.settings import BrokerSettings, TlsSettings


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, local: bool) -> None:
    assert BrokerSettings(host=host).is_local is local


def test_the_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes("pä ss\r\nsecond line\n".encode())
    assert BrokerSettings(password_file=file).password() == "pä ss"


def test_the_password_may_be_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert BrokerSettings().password() is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert BrokerSettings().password() is None
    (tmp_path / "mqtt-password").write_text("secret\n")
    assert BrokerSettings().password() == "secret"


def test_a_password_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        BrokerSettings(password_file=tmp_path / "none").password()


def test_certificate_and_key_come_together() -> None:
    with pytest.raises(ValueError, match="together"):
        TlsSettings(cert_file=Path("a"))
