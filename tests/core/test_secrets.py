"""Where passwords are kept, and where they must not show up."""

import base64
import json
import logging
import os
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from noc_alerts import secrets as rooms
from noc_alerts.model.errors import SecretsError
from noc_alerts.secrets import FILE_NAME, Place, Secrets, safe_keyring, variable_for

VALUE = "correct-h0rse-battery"
PASSPHRASE = "a long enough passphrase"


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A real backend as far as keyring is concerned, in memory."""

    priority: float = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has little type information
        self.kept: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]


class PlainKeyring(MemoryKeyring):
    """Stands where keyrings.alt's plain text file does."""


PlainKeyring.__module__ = "keyrings.alt.file"


class WeakKeyring(MemoryKeyring):
    """One its own makers do not recommend."""

    priority = 0.5


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys in a millisecond: what they cost is scrypt's matter."""
    monkeypatch.setattr(rooms, "_COST", (1 << 4, 8, 1))


def without_keyring(profile: Path, **options: object) -> Secrets:
    failing = keyring.backends.fail.Keyring()  # type: ignore[no-untyped-call]  # keyring has little type information
    return Secrets(profile, keyring=failing, **{"environ": {}, **options})  # type: ignore[arg-type]  # passed on as given


def test_a_real_keyring_is_used_and_nothing_written(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    secrets = Secrets(tmp_path, environ={}, keyring=backend)
    assert secrets.place is Place.KEYRING
    assert secrets.get("smtp") is None
    secrets.set("smtp", VALUE)
    assert secrets.get("smtp") == VALUE
    assert list(backend.kept.values()) == [VALUE]
    assert list(tmp_path.iterdir()) == []
    secrets.delete("smtp")
    secrets.delete("smtp")
    assert secrets.get("smtp") is None


def test_profiles_do_not_share(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    Secrets(tmp_path / "a", environ={}, keyring=backend).set("smtp", VALUE)
    assert Secrets(tmp_path / "b", environ={}, keyring=backend).get("smtp") is None


@pytest.mark.parametrize("kind", [PlainKeyring, WeakKeyring, keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_unsafe_backends_are_refused(kind: type[keyring.backend.KeyringBackend], tmp_path: Path) -> None:
    backend = kind()
    assert safe_keyring(backend) is None
    with pytest.raises(SecretsError, match="no safe place"):
        Secrets(tmp_path, environ={}, keyring=backend).set("smtp", VALUE)
    assert not getattr(backend, "kept", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("links", "safe"), [(["plain"], False), (["plain", "memory"], True), ([], False)])
def test_the_safe_link_of_a_chain_is_used_alone(links: list[str], safe: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [PlainKeyring() if link == "plain" else MemoryKeyring() for link in links]
    chain = type("Chain", (keyring.backends.chainer.ChainerBackend,), {"backends": made, "priority": 10})()
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    assert safe_keyring() is (made[-1] if safe else None)


def test_a_configured_backend_that_does_not_load_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ModuleNotFoundError("no such backend")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    assert safe_keyring() is None


def test_the_environment_stands_in(tmp_path: Path) -> None:
    secrets = without_keyring(tmp_path, environ={"NOC_ALERTS_SECRET_SWITCH_3_TOKEN": VALUE})
    assert variable_for("switch-3.token") == "NOC_ALERTS_SECRET_SWITCH_3_TOKEN"
    assert secrets.get("switch-3.token") == VALUE
    with pytest.raises(SecretsError, match="NOC_ALERTS_SECRET_SWITCH_3_TOKEN"):
        secrets.set("switch-3.token", "other")


def test_the_file_keeps_secrets_encrypted_and_private(tmp_path: Path) -> None:
    secrets = without_keyring(tmp_path, environ={"NOC_ALERTS_PASSPHRASE": PASSPHRASE})
    assert secrets.place is Place.FILE
    secrets.set("smtp", VALUE)
    secrets.set("switch_1", "other")
    file = tmp_path / FILE_NAME
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert VALUE not in file.read_text() and base64.b64encode(VALUE.encode()).decode() not in file.read_text()
    fresh = without_keyring(tmp_path, environ={"NOC_ALERTS_PASSPHRASE": PASSPHRASE})
    assert (fresh.get("smtp"), fresh.get("switch_1"), fresh.get("nothing")) == (VALUE, "other", None)
    fresh.delete("smtp")
    assert without_keyring(tmp_path, environ={"NOC_ALERTS_PASSPHRASE": PASSPHRASE}).get("smtp") is None


def test_the_passphrase_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return PASSPHRASE

    secrets = without_keyring(tmp_path, ask=ask)
    secrets.set("smtp", VALUE)
    assert secrets.get("smtp") == VALUE
    assert len(asked) == 1


def test_a_cancelled_question_is_not_asked_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)

    secrets = without_keyring(tmp_path, ask=ask)
    for _ in range(3):
        with pytest.raises(SecretsError, match="NOC_ALERTS_PASSPHRASE"):
            secrets.set("smtp", VALUE)
    assert len(asked) == 1
    secrets.unlock(PASSPHRASE)
    secrets.set("smtp", VALUE)
    assert secrets.get("smtp") == VALUE


def test_a_wrong_passphrase_opens_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    without_keyring(tmp_path, ask=lambda: PASSPHRASE).set("smtp", VALUE)
    wrong = without_keyring(tmp_path, ask=lambda: "wrong but long enough")
    with pytest.raises(SecretsError, match="passphrase does not open"):
        wrong.get("smtp")
    with pytest.raises(SecretsError, match="passphrase does not open"):
        wrong.set("smtp", "x")
    with pytest.raises(SecretsError, match="passphrase does not open"):
        wrong.delete("smtp")
    with pytest.raises(SecretsError):
        wrong.unlock("also wrong, also long")
    wrong.unlock(PASSPHRASE)
    assert wrong.get("smtp") == VALUE


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="too short"):
        without_keyring(tmp_path, ask=lambda: "short").set("smtp", VALUE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"n":16}', "huge cost", "bad salt"])
def test_a_damaged_file_is_told(damage: str, tmp_path: Path) -> None:
    secrets = without_keyring(tmp_path, ask=lambda: PASSPHRASE)
    secrets.set("smtp", VALUE)
    file = tmp_path / FILE_NAME
    envelope = json.loads(file.read_text())
    if damage == "huge cost":
        damage = json.dumps(envelope | {"n": 1 << 40})
    elif damage == "bad salt":
        damage = json.dumps(envelope | {"salt": "?"})
    file.write_text(damage)
    with pytest.raises(SecretsError, match="damaged"):
        secrets.get("smtp")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = without_keyring(tmp_path, ask=lambda: PASSPHRASE)
    secrets.set("smtp", VALUE)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretsError, match="No space left on device"):
        secrets.set("smtp", "newer")
    assert secrets.get("smtp") == VALUE
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (keyring.errors.KeyringLocked(f"locked {VALUE}"), "locked"),
        (keyring.errors.PasswordSetError(f"cannot keep {VALUE}"), "did not do as asked"),
        (ValueError(VALUE), "did not do as asked"),
    ],
)
def test_a_secret_is_never_in_an_error_a_log_or_a_repr(
    error: Exception, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    backend = MemoryKeyring()
    secrets = Secrets(tmp_path, environ={}, keyring=backend)
    secrets.set("smtp", VALUE)
    backend.error = error
    with pytest.raises(SecretsError, match=words) as caught:
        secrets.set("smtp", VALUE)
    printed = "".join(traceback.format_exception(caught.value))
    assert VALUE not in printed + repr(secrets) + str(vars(secrets).get("_passphrase")) + caplog.text


def test_a_locked_keyring_does_not_hide_the_environment(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    backend.error = keyring.errors.KeyringLocked()
    assert Secrets(tmp_path, environ={"NOC_ALERTS_SECRET_SMTP": VALUE}, keyring=backend).get("smtp") == VALUE
    with pytest.raises(SecretsError, match="locked"):
        Secrets(tmp_path, environ={}, keyring=backend).get("smtp")


@pytest.mark.parametrize("name", ["", "SMTP", "a b", "../x", "x" * 65])
def test_names_are_plain(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a secret's name"):
        Secrets(tmp_path, environ={}, keyring=MemoryKeyring()).get(name)


def test_nothing_heavy_is_imported_at_the_start() -> None:
    code = "import sys, noc_alerts.secrets; print(sorted({'keyring', 'cryptography'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
