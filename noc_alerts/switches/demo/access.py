"""Who may do what at the demo switch: Basic, JWT and opaque tokens, as ConnexCS has them.

Used by the server's threads; nothing here changes after the start but the JWT key. Must not import the rest of
noc_alerts. Credentials are made anew for every switch: another user of this machine cannot guess them.
"""

import base64
import binascii
import enum
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SHORT_LIFE = timedelta(minutes=15)  # of an access token
LONGEST_LIFE = timedelta(days=30)  # of a refresh token


class Scope(enum.IntEnum):
    """What a request may do; each one includes those before it."""

    NOTHING = 0
    RENEW = 1  # a refresh token: only good for getting an access token
    READ = 2
    WRITE = 3


@dataclass(slots=True)
class Access:
    """The switch's credentials, and the check of an Authorization header."""

    email: str = "demo@demo.invalid"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    token: str = field(default_factory=lambda: "read-" + secrets.token_urlsafe(24))
    write_token: str = field(default_factory=lambda: "write-" + secrets.token_urlsafe(24))
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def scope(self, header: str, now: datetime) -> Scope:
        """Return what the bearer of this Authorization header may do; NOTHING when it is missing or wrong."""
        kind, _, value = header.partition(" ")
        value = value.strip()
        if kind.lower() == "basic":
            return Scope.WRITE if self._is_password(value) else Scope.NOTHING
        if kind.lower() != "bearer":
            return Scope.NOTHING
        if hmac.compare_digest(value.encode(), self.token.encode()):
            return Scope.READ
        if hmac.compare_digest(value.encode(), self.write_token.encode()):
            return Scope.WRITE
        return self._jwt_scope(value, now)

    def refresh_token(self, lifetime_s: float, now: datetime) -> str:
        """Make a refresh token; a lifetime over 30 days is cut to that."""
        return self._jwt("refresh", now + min(timedelta(seconds=lifetime_s), LONGEST_LIFE))

    def access_token(self, now: datetime) -> str:
        """Make a token that reads and writes for 15 minutes."""
        return self._jwt("access", now + SHORT_LIFE)

    def revoke(self) -> None:
        """Make every JWT given so far worthless."""
        self._key = secrets.token_bytes(32)

    def _is_password(self, value: str) -> bool:
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, f"{self.email}:{self.password}".encode())

    def _jwt(self, use: str, until: datetime) -> str:
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        claims = {"use": use, "exp": until.timestamp(), "jti": secrets.token_hex(8)}
        body = f"{head}.{_encode(json.dumps(claims).encode())}"
        return f"{body}.{self._signature(body)}"

    def _jwt_scope(self, token: str, now: datetime) -> Scope:
        body, _, signature = token.rpartition(".")
        if not body or not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return Scope.NOTHING
        # signed by this switch, so it has the shape that _jwt gave it
        claims: dict[str, Any] = json.loads(_decode(body.partition(".")[2]))
        if now.timestamp() >= claims["exp"]:
            return Scope.NOTHING
        return Scope.RENEW if claims["use"] == "refresh" else Scope.WRITE

    def _signature(self, body: str) -> str:
        return _encode(hmac.digest(self._key, body.encode(), "sha256"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
