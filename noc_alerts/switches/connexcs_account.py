"""Who we are to a ConnexCS account: address, way to sign in, and whose turn it is to ask.

Must not import Qt or the store. An account's sessions are limited, so all clients of one account (the poll thread's and those of
users' scripts) ask one after the other, stay away together when it says so, and share their tokens.
"""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from noc_alerts.model.errors import BadInput

DEFAULT_URL: Final = "https://app.connexcs.com/api/cp/"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SLICE_S = 0.1


class SignIn(StrEnum):
    """How the account knows us."""

    BASIC = "basic"  # e-mail and password with every request
    JWT = "jwt"  # e-mail and password once, then short-lived tokens
    TOKEN = "token"  # an opaque token made in the account


class Account:
    """What all clients of one account share; use its values only within `turn`.

    `basic`: the Authorization header of e-mail and password. `bearer`: the one of a token, "" = there is none yet. `refresh`: the
    refresh token. `not_before`: monotonic time before which it wants to be left alone.
    """

    def __init__(self, sign_in: SignIn, user: str, secret: str) -> None:
        self.sign_in = sign_in
        self.basic = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
        self.bearer = "Bearer " + secret if sign_in is SignIn.TOKEN else ""
        self.refresh = ""
        self.not_before = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, closing: threading.Event, longest_s: float | None) -> Iterator[bool]:
        """Wait until nobody else asks the account, and give True; False when that takes too long or `closing` is set."""
        until = None if longest_s is None else time.monotonic() + longest_s
        mine = self._lock.acquire(timeout=0)
        while not mine and not closing.is_set() and (until is None or time.monotonic() < until):
            mine = self._lock.acquire(timeout=_SLICE_S)
        try:
            yield mine
        finally:
            if mine:
                self._lock.release()


_accounts: "WeakValueDictionary[bytes, Account]" = WeakValueDictionary()
_accounts_lock = threading.Lock()


def account_of(base: str, sign_in: SignIn, user: str, secret: str) -> Account:
    """Give the account that all clients of this address with these credentials share."""
    key = hashlib.sha256("\0".join((base, sign_in, user, secret)).encode()).digest()
    with _accounts_lock:
        found = _accounts.get(key)
        if found is None:
            found = _accounts[key] = Account(sign_in, user, secret)
        return found


def sign_in_of(options: Mapping[str, str], secrets: Mapping[str, str]) -> SignIn:
    """Read how to sign in; without a word on it by token, when there is one. Raises BadInput."""
    said = options.get("auth", "").strip().lower()
    if not said:
        return SignIn.TOKEN if secrets.get("token") else SignIn.BASIC
    try:
        return SignIn(said)
    except ValueError as error:
        sentence = "Choose how to sign in: basic, jwt or token."
        raise BadInput(sentence, {"auth": sentence}) from error


def number_option(options: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    """Read a number of the settings, `default` when it is empty. Raises BadInput."""
    said = options.get(name, "").strip()
    try:
        value = float(said) if said else default
        if not least <= value <= most:
            raise ValueError
    except ValueError as error:
        sentence = f"Give a number from {least:g} to {most:g}."
        raise BadInput(sentence, {name: sentence}) from error
    return value


def checked_url(url: str) -> str:
    """Check the address of an API and end it with a slash; empty = the vendor's own. Raises BadInput."""
    url = url.strip() or DEFAULT_URL
    sentence = ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        sentence = "Give the address of the API, as in https://app.connexcs.com/api/cp/."
    elif parts.username is not None or parts.password is not None:
        sentence = "Give user and password in their own fields, not in the address."
    elif parts.query or parts.fragment:
        sentence = "Give the address of the API without ? and #."
    elif parts.scheme == "http" and host not in _LOOPBACK:
        sentence = "Over http the credentials would be sent in clear. Give an address that begins with https."
    if sentence:
        raise BadInput(sentence, {"base_url": sentence})
    if not parts.path.strip("/"):
        url = f"{parts.scheme}://{parts.netloc}/api/cp"
    return url.rstrip("/") + "/"


def check_credentials(sign_in: SignIn, user: str, secret: str) -> None:
    """Check user and secret. Raises BadInput, which never contains the secret."""
    problems: dict[str, str] = {}
    if sign_in is SignIn.TOKEN:
        if not is_header_safe(secret):
            problems["token"] = "Give the token as the account shows it: one line without spaces."
    else:
        if not user or ":" in user or not user.isprintable():
            problems["user"] = "Give the e-mail address with which you sign in."
        if not secret:
            problems["password"] = "Give the password."
    if problems:
        raise BadInput(" ".join(problems.values()), problems)


def is_header_safe(token: str) -> bool:
    """Tell whether a token can stand in a header."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token
