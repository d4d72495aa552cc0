"""What users' scripts may read of a ConnexCS account: a few paths, by GET, small answers, soon or not at all.

Called from the threads of scripts. Must not import Qt or the store. Paths: reference of ConnexCS's published clients; paths
below a company's own (as its SIP users) are left out, for they may hold credentials.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from noc_alerts.model.errors import BadInput, SwitchBadAnswer
from noc_alerts.switches.connexcs_account import number_option
from noc_alerts.switches.connexcs_http import Client, Limits, open_client

#: A script's whole run is as short; who waits longer keeps the poll waiting.
ANSWER_S: Final = 5.0
READ_S: Final = 4.0
TURN_S: Final = 3.0
MAX_BYTES: Final = 1 << 20
MAX_PATH: Final = 4000
_MAX_PARAMETERS = 200

_ALLOWED = re.compile(r"(?:customer|carrier)(?:/[A-Za-z0-9_-]{1,64})?|breakout-aggrid|setup/account", re.ASCII)
ALLOWED_WORDS: Final = "customer, customer/ID, carrier, carrier/ID, breakout-aggrid and setup/account, each with ?name=value"


class ConnexCSReader:
    """One account for scripts, as a `Readable`; safe from several threads, one question at a time."""

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Check the options, which are those of `ConnexCS`; nothing is asked yet. Raises BadInput."""
        read_s = min(READ_S, number_option(options, "timeout_s", READ_S, 0.1, 120.0))
        limits = Limits(read_s, MAX_BYTES, tries_429=1, longest_wait_s=1.0, answer_s=ANSWER_S, turn_s=TURN_S)
        self._client: Client = open_client(options, secrets, limits)

    def get(self, path: str) -> str:
        """Read a path below the API's base and give its JSON text. Raises SwitchError, BadInput for a path not allowed."""
        where, parameters = checked_path(path)
        raw = self._client.get(where, parameters)
        try:
            msgspec.json.decode(raw)
            return raw.decode()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SwitchBadAnswer(
                f"The switch at {self._client.address} answers {where} with something that is no JSON."
            ) from error

    def close(self) -> None:
        """End a wait and close the connection."""
        self._client.close()


def checked_path(path: str) -> tuple[str, list[tuple[str, str]]]:
    """Split "customer?s=acme" into its path and parameters, which are encoded anew. Raises BadInput for what is not allowed."""
    where, _, query = path.removeprefix("/").partition("?")
    if len(path) > MAX_PATH or not _ALLOWED.fullmatch(where):
        shown = path[:60] if path.isprintable() else "this path"
        raise BadInput(f"A script may not read {shown}. It may read {ALLOWED_WORDS}.")
    try:
        parameters = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise BadInput(f"The question after {where} cannot be read; write it as ?name=value&other=value.") from error
    if any(not (text.isprintable() or not text) for pair in parameters for text in pair) or "#" in query:
        raise BadInput(f"The question after {where} holds a character that is not allowed.")
    return where, parameters
