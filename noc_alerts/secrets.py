"""Passwords and tokens by name: the system's keyring, else the environment, else an encrypted file in the profile.

Used by whichever thread needs a secret; the system may ask a person to unlock its keyring meanwhile, so not by the
window's. Never in the store, a log, an export, a process's arguments, a repr or an exception. keyring and cryptography are
imported when first needed: together they take longer than the window may take to open.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from noc_alerts.model.errors import SecretsError

FILE_NAME = "secrets.enc"
PASSPHRASE_VARIABLE = "NOC_ALERTS_PASSPHRASE"
SECRET_VARIABLE = "NOC_ALERTS_SECRET_"
MIN_PASSPHRASE = 8

# scrypt n=2^15, r=8, p=3 (OWASP Password Storage Cheat Sheet): 32 MB and some tenths of a second a try
_COST = (1 << 15, 8, 3)
_MAX_COST = (1 << 20, 16, 16)
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_REFUSED = ("keyrings.alt.", "keyring.backends.fail", "keyring.backends.null", "keyring.backends.chainer")

_Result = TypeVar("_Result")


class LockedError(SecretsError):
    """Raised when only a passphrase is missing: there is no keyring, and nobody gave the one of the encrypted file yet."""


class Keyring(Protocol):
    """What we need of a keyring backend."""

    @property
    def priority(self) -> float:
        """Rank among backends; below 1: not recommended by its own makers."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """Give a password, None when there is none."""

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a password."""

    def delete_password(self, service: str, username: str, /) -> None:
        """Forget a password."""


class Place(StrEnum):
    """Where secrets are kept."""

    KEYRING = "the system's keyring"
    FILE = "an encrypted file in the profile"


class Secrets:
    """The secrets of one profile.

    `ask`: asks a person for the passphrase of the encrypted file and gives None when they do not want to; called at most
    once, and not at all when NOC_ALERTS_PASSPHRASE is set. `keyring`: the backend to use in place of the system's own.
    """

    def __init__(
        self,
        profile: Path,
        *,
        environ: Mapping[str, str] | None = None,
        ask: Callable[[], str | None] | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._file = profile / FILE_NAME
        self._service = f"noc_alerts {profile.resolve()}"  # two profiles do not share a password
        self._environ = os.environ if environ is None else environ
        self._ask = ask
        self._given_keyring = keyring
        self._found_keyring: Keyring | None = None
        self._looked = False
        self._passphrase: str | None = None
        self._key: tuple[bytes, tuple[int, int, int], bytes] | None = None
        self.changes = 0  # grows when a secret was set or forgotten, or the file opened: who keeps one asks again then

    def __repr__(self) -> str:
        return f"Secrets({str(self._file.parent)!r})"

    @property
    def place(self) -> Place:
        """Tell where `set` keeps a secret."""
        return Place.KEYRING if self._keyring() is not None else Place.FILE

    @property
    def in_file(self) -> bool:
        """Tell whether there is an encrypted file, so that a passphrase was chosen before."""
        return self._file.exists()

    @property
    def locked(self) -> bool:
        """Tell whether there is an encrypted file that nothing given so far has opened yet."""
        return self.in_file and self._key is None

    def get(self, name: str) -> str | None:
        """Give a secret, None when there is none. Raises SecretsError when it cannot be read."""
        _check_name(name)
        problem: SecretsError | None = None
        try:
            found = self._from_keyring(name)
        except SecretsError as exc:
            found, problem = None, exc
        if found is None:
            found = self._environ.get(variable_for(name))
        if found is None and self._file.exists():
            found = self._read_file().get(name)
        if found is None and problem is not None:
            raise problem
        return found

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises SecretsError when there is no safe place for it; nothing was written then."""
        _check_name(name)
        keyring = self._keyring()
        if keyring is not None:
            _on_keyring(lambda: keyring.set_password(self._service, name, value))
            self.changes += 1
            return
        if variable_for(name) in self._environ:
            raise SecretsError(f"This password comes from the environment variable {variable_for(name)}. Change it there.")
        self._write_file({**(self._read_file() if self._file.exists() else {}), name: value})
        self.changes += 1

    def delete(self, name: str) -> None:
        """Forget a secret wherever we keep it; one that is not there is no error. Raises SecretsError."""
        _check_name(name)
        keyring = self._keyring()
        if keyring is not None and self._from_keyring(name) is not None:
            _on_keyring(lambda: keyring.delete_password(self._service, name))
        if self._file.exists():
            kept = self._read_file()
            if kept.pop(name, None) is not None:
                self._write_file(kept)
        self.changes += 1

    def unlock(self, passphrase: str) -> None:
        """Use this passphrase for the encrypted file. Raises SecretsError when it does not open the file there is."""
        before, self._passphrase, self._key = self._passphrase, passphrase, None
        try:
            if self._file.exists():
                self._read_file()
            else:
                _check_passphrase(passphrase)
        except SecretsError:
            self._passphrase, self._key = before, None
            raise
        self.changes += 1

    # --- the keyring --------------------------------------------------------------------------------------------------

    def _keyring(self) -> Keyring | None:
        """Find a backend that keeps secrets safely, once; None when there is none."""
        if not self._looked:
            self._found_keyring = safe_keyring(self._given_keyring)
            self._looked = True
        return self._found_keyring

    def _from_keyring(self, name: str) -> str | None:
        """Read from the keyring. Raises SecretsError."""
        keyring = self._keyring()
        return None if keyring is None else _on_keyring(lambda: keyring.get_password(self._service, name))

    # --- the file -----------------------------------------------------------------------------------------------------

    def _read_file(self) -> dict[str, str]:
        """Decrypt the file. Raises SecretsError."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            envelope = json.loads(self._file.read_text(encoding="utf-8"))
            cost = (int(envelope["n"]), int(envelope["r"]), int(envelope["p"]))
            salt, token = base64.b64decode(envelope["salt"], validate=True), str(envelope["token"]).encode()
        except OSError as exc:
            raise SecretsError(f"The encrypted passwords cannot be read: {exc.strerror}. Check the file {FILE_NAME}.") from exc
        except (ValueError, KeyError, TypeError, binascii.Error) as exc:
            raise SecretsError(f"The file {FILE_NAME} is damaged. Enter the passwords again in Settings.") from exc
        if not all(0 < part <= most for part, most in zip(cost, _MAX_COST, strict=True)):
            raise SecretsError(f"The file {FILE_NAME} is damaged. Enter the passwords again in Settings.")
        key = self._key_for(salt, cost)
        try:
            kept = json.loads(Fernet(key).decrypt(token))
        except InvalidToken:
            self._key = None
            # `from None`: nothing of the decryption belongs into a traceback
            raise SecretsError("The passphrase does not open the encrypted passwords. Enter the right one.") from None
        return {str(name): str(value) for name, value in kept.items()}

    def _write_file(self, secrets: Mapping[str, str]) -> None:
        """Encrypt everything anew and replace the file in one step, readable by its owner only. Raises SecretsError."""
        from cryptography.fernet import Fernet

        if self._key is None:
            _check_passphrase(self._the_passphrase())
            self._key_for(os.urandom(16), _COST)
        assert self._key is not None
        salt, (n, r, p), key = self._key
        token = Fernet(key).encrypt(json.dumps(dict(secrets)).encode()).decode()
        envelope = {"version": 1, "kdf": "scrypt", "n": n, "r": r, "p": p, "token": token}
        envelope["salt"] = base64.b64encode(salt).decode()
        try:
            _replace(self._file, json.dumps(envelope).encode())
        except OSError as exc:
            raise SecretsError(f"The password was not kept: {exc.strerror}. Check the folder of the profile.") from exc

    def _key_for(self, salt: bytes, cost: tuple[int, int, int]) -> bytes:
        """Derive the file's key (RFC 7914), or take the one derived before. Raises SecretsError without a passphrase."""
        if self._key is None or self._key[:2] != (salt, cost):
            n, r, p = cost
            passphrase = self._the_passphrase().encode()
            raw = hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + 1024 * r * p, dklen=32)
            self._key = (salt, cost, base64.urlsafe_b64encode(raw))
        return self._key[2]

    def _the_passphrase(self) -> str:
        """Give the passphrase, asking for it the first time. Raises LockedError."""
        if self._passphrase is None:
            self._passphrase = self._environ.get(PASSPHRASE_VARIABLE) or None
        if self._passphrase is None and self._ask is not None:
            ask, self._ask = self._ask, None
            self._passphrase = ask() or None
        if self._passphrase is None and self.in_file:
            raise LockedError(
                "The passwords are locked. Unlock them with Tools > Unlock secrets, "
                f"or set {PASSPHRASE_VARIABLE} before the program starts."
            )
        if self._passphrase is None:
            raise LockedError(
                "There is no safe place for a password: this system has no keyring. "
                f"Set {PASSPHRASE_VARIABLE} to keep it in an encrypted file, "
                f"or give the password itself in {SECRET_VARIABLE}<NAME>."
            )
        return self._passphrase


def variable_for(name: str) -> str:
    """Name the environment variable that may carry a secret: `smtp` -> NOC_ALERTS_SECRET_SMTP."""
    return SECRET_VARIABLE + re.sub(r"[^A-Z0-9]", "_", name.upper())


def safe_keyring(given: Keyring | None = None) -> Keyring | None:
    """Give the system's keyring backend, None when there is none that is safe.

    keyrings.alt keeps plain text without a word, null forgets, fail fails: all three count as none. A chain is looked
    through for its first safe link, because a chain writes to the next one when the first refuses.
    """
    if given is not None:
        return given if _is_safe(given) else None
    import keyring
    from keyring.backends.chainer import ChainerBackend
    from keyring.errors import KeyringError

    try:
        backend: Any = keyring.get_keyring()
        links = list(backend.backends) if isinstance(backend, ChainerBackend) else [backend]
    except (KeyringError, RuntimeError, ImportError, OSError, TypeError, AttributeError):
        return None  # a backend named in its configuration that does not load is as good as none
    return next((link for link in links if _is_safe(link)), None)


def _on_keyring(work: Callable[[], _Result]) -> _Result:
    """Do something on a keyring. Raises SecretsError; the backend's own words are left out, they might quote the secret."""
    from keyring.errors import KeyringLocked

    try:
        return work()
    except KeyringLocked:
        raise SecretsError("The system's keyring is locked. Unlock it and try again.") from None
    except Exception as exc:  # noqa: BLE001 - a backend raises whatever its D-Bus library does; nothing is swallowed
        raise SecretsError(
            f"The system's keyring did not do as asked ({type(exc).__name__}). Check that it is running and unlocked."
        ) from None


def _is_safe(backend: Keyring) -> bool:
    """Tell whether a backend really keeps secrets."""
    kind = type(backend)
    return not f"{kind.__module__}.".startswith(_REFUSED) and backend.priority >= 1


def _check_name(name: str) -> None:
    """Raise ValueError on a name that could not stand in a keyring and an environment variable alike."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a secret's name: {name!r}")


def _check_passphrase(passphrase: str) -> None:
    """Raise SecretsError when a new passphrase is too short."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise SecretsError(f"The passphrase is too short. Use {MIN_PASSPHRASE} characters or more.")


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step, 0600 from its first byte, on the disk when this returns. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
