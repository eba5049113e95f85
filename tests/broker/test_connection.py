from pathlib import Path

import pytest

from broker.connection import make_client
from broker.settings import BrokerSettings


def username(settings: BrokerSettings) -> str | None:
    return make_client(settings, "node-1", None, manual_ack=False).username


def test_a_password_without_a_user_name_goes_by_the_client_id(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    assert username(BrokerSettings(password_file=file)) == "node-1"
    assert username(BrokerSettings(password_file=file, username="alice")) == "alice"


def test_the_empty_credential_of_the_systemd_units_is_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "mqtt-password").write_text("\n")
    assert username(BrokerSettings()) is None
