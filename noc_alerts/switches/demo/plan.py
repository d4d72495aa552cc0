"""The demo switch's books: its destinations, customers, carriers and the tables the traffic is drawn from.

Plain data, read by any thread and changed by none. Must not import the rest of noc_alerts: the demo plays a foreign
system, and a mistake shared with the adapter that reads it would go unseen.

Country codes are those of ITU-T E.164. Rates, answer ratios and call lengths are invented within the usual range of
wholesale voice; no company here exists.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Destination:
    """A called network: its E.164 prefix, how well it answers and what a minute costs (USD)."""

    code: str
    name: str
    asr: float  # share of attempts that answer, 0..1
    acd_s: float  # mean talk time of answered calls
    pdd_ms: float  # median post-dial delay
    sell: float  # USD a minute, to the customer
    buy: float  # USD a minute, from the carrier
    step_s: int  # the customer is billed in steps of this many seconds


@dataclass(frozen=True, slots=True)
class Carrier:
    """One who takes calls, and how he differs from the destination's usual figures (factors around 1)."""

    id: int
    name: str
    weight: float  # share of the routing without a customer's own preference
    asr: float
    acd: float
    pdd: float
    cost: float


@dataclass(frozen=True, slots=True)
class Customer:
    """One who brings calls: share of the traffic, destinations, routing, and the prepaid balance."""

    id: int
    name: str
    share: float
    mix: str  # key of MIXES
    peak_hour: float  # UTC hour of most traffic
    swing: float  # 0 = flat day, 1 = silent at the trough
    asr: float  # factor: how good his number lists are
    markup: float  # factor on the sell rate
    balance: float  # USD after a top-up
    debit_limit: float  # USD he may go below zero
    tags: tuple[str, ...]
    contact: str
    prefers: tuple[tuple[str, float], ...] = ()  # (carrier, factor on its weight)
    pinned_to: str | None = None  # the one carrier that gets all of his calls


# one line a company and mix reads as the table it is
# fmt: off
DESTINATIONS: tuple[Destination, ...] = (
    Destination("1", "United States and Canada", 0.61, 190, 1200, 0.0092, 0.0061, 6),
    Destination("44", "United Kingdom", 0.60, 205, 1150, 0.0078, 0.0050, 1),
    Destination("447", "United Kingdom Mobile", 0.52, 150, 1900, 0.0260, 0.0190, 1),
    Destination("49", "Germany", 0.62, 215, 1100, 0.0090, 0.0062, 1),
    Destination("491", "Germany Mobile", 0.50, 140, 2000, 0.0340, 0.0262, 1),
    Destination("33", "France", 0.58, 200, 1300, 0.0085, 0.0058, 1),
    Destination("39", "Italy", 0.57, 185, 1400, 0.0094, 0.0065, 1),
    Destination("34", "Spain", 0.56, 180, 1350, 0.0088, 0.0060, 1),
    Destination("48", "Poland", 0.55, 170, 1500, 0.0130, 0.0096, 1),
    Destination("90", "Turkey", 0.47, 175, 2100, 0.0480, 0.0390, 1),
    Destination("91", "India", 0.44, 240, 2600, 0.0125, 0.0094, 1),
    Destination("923", "Pakistan Mobile", 0.41, 265, 2900, 0.0520, 0.0425, 1),
    Destination("880", "Bangladesh", 0.42, 250, 2700, 0.0210, 0.0165, 1),
    Destination("8801", "Bangladesh Mobile", 0.40, 255, 2900, 0.0230, 0.0182, 1),
    Destination("971", "United Arab Emirates", 0.49, 175, 2000, 0.1650, 0.1390, 1),
    Destination("966", "Saudi Arabia", 0.47, 180, 2100, 0.1180, 0.0980, 1),
    Destination("234", "Nigeria", 0.37, 210, 3200, 0.1420, 0.1180, 1),
    Destination("233", "Ghana", 0.38, 195, 3100, 0.2350, 0.2010, 1),
    Destination("254", "Kenya", 0.40, 180, 2800, 0.1490, 0.1240, 1),
    Destination("20", "Egypt", 0.43, 190, 2500, 0.0980, 0.0810, 1),
    Destination("212", "Morocco", 0.42, 165, 2400, 0.2600, 0.2200, 1),
    Destination("63", "Philippines", 0.45, 230, 2500, 0.1280, 0.1060, 1),
    Destination("84", "Vietnam", 0.44, 205, 2600, 0.0690, 0.0560, 1),
    Destination("86", "China", 0.55, 195, 1800, 0.0145, 0.0105, 1),
    Destination("55", "Brazil", 0.49, 170, 1900, 0.0120, 0.0086, 6),
    Destination("52", "Mexico", 0.51, 180, 1700, 0.0098, 0.0068, 60),
    Destination("27", "South Africa", 0.48, 175, 2200, 0.0610, 0.0490, 1),
    Destination("252", "Somalia", 0.46, 220, 3400, 0.6900, 0.5900, 60),
    Destination("53", "Cuba", 0.44, 210, 3000, 0.7400, 0.6400, 60),
)

CARRIERS: tuple[Carrier, ...] = (
    Carrier(11, "alpha", 32, 1.06, 1.05, 0.90, 1.00),
    Carrier(12, "bravo", 24, 1.00, 1.00, 1.00, 0.96),
    Carrier(13, "charlie", 16, 0.90, 0.94, 1.20, 0.90),
    Carrier(14, "delta", 12, 0.97, 1.00, 1.05, 0.98),
    Carrier(15, "echo", 9, 0.93, 0.97, 1.10, 0.93),
    Carrier(16, "foxtrot", 7, 0.84, 0.90, 1.35, 0.86),
)

CUSTOMERS: tuple[Customer, ...] = (
    Customer(
        101, "acme", 22, "europe", 10.0, 0.30, 1.05, 1.00, 2400, 500, ("wholesale", "gold"), "noc@acme.example",
        prefers=(("alpha", 1.6),),
    ),
    Customer(102, "globex", 15, "retail", 13.0, 0.25, 1.00, 1.05, 1800, 0, ("retail",), "voice@globex.example"),
    Customer(
        103, "initech", 11, "americas", 18.0, 0.30, 1.02, 1.00, 1200, 250, ("wholesale",), "ops@initech.example",
        pinned_to="bravo",
    ),
    Customer(104, "umbrella", 9, "gulf", 9.0, 0.20, 1.00, 1.10, 2600, 0, ("prepaid", "gold"), "billing@umbrella.example"),
    Customer(
        105, "halden calls", 8, "south asia", 8.0, 0.25, 0.96, 1.00, 900, 0, ("prepaid", "retail"),
        "desk@halden.example", prefers=(("charlie", 2.0),),
    ),
    Customer(
        106, "kestrel tel", 8, "south asia", 7.0, 0.25, 0.98, 1.02, 1000, 200, ("wholesale",), "noc@kestrel.example"
    ),
    Customer(107, "osprey", 7, "africa", 11.0, 0.30, 1.00, 1.00, 2800, 400, ("wholesale",), "noc@osprey.example"),
    Customer(108, "meridian", 6, "asia", 4.0, 0.30, 1.00, 1.04, 1100, 0, ("prepaid",), "care@meridian.example"),
    Customer(
        109, "lindqvist voice", 5, "europe", 9.0, 0.35, 1.08, 1.00, 600, 300, ("enterprise", "gold"),
        "it@lindqvist.example", prefers=(("foxtrot", 0.0),),
    ),
    Customer(110, "tamarind", 4, "south asia", 6.0, 0.25, 0.94, 1.06, 500, 0, ("prepaid",), "hello@tamarind.example"),
    Customer(
        111, "northgate", 3, "call centre", 15.0, 0.35, 0.82, 1.00, 400, 100, ("call centre",),
        "dialler@northgate.example", prefers=(("foxtrot", 2.5),),
    ),
    Customer(112, "quillon", 2, "africa", 12.0, 0.30, 1.00, 1.08, 700, 0, ("prepaid",), "noc@quillon.example"),
)

# Share of each destination in a customer's traffic, by the kind of business. What is not named is not called.
MIXES: dict[str, dict[str, float]] = {
    "europe": {"44": 18, "447": 12, "49": 18, "491": 9, "33": 12, "39": 9, "34": 8, "48": 6, "90": 4, "1": 4},
    "retail": {
        "44": 9, "447": 10, "91": 12, "923": 7, "880": 3, "8801": 6, "234": 6, "233": 3, "254": 3, "63": 7,
        "48": 5, "90": 5, "212": 4, "20": 4, "1": 6, "53": 1, "252": 1, "84": 3, "966": 3, "971": 2,
    },
    "americas": {"1": 52, "52": 22, "55": 16, "44": 5, "53": 1, "34": 4},
    "gulf": {"971": 30, "966": 26, "91": 14, "923": 10, "63": 8, "20": 12},
    "south asia": {"91": 34, "923": 24, "880": 10, "8801": 22, "971": 6, "966": 4},
    "africa": {"234": 30, "233": 18, "254": 18, "27": 16, "20": 8, "212": 8, "252": 2},
    "asia": {"86": 34, "84": 18, "63": 22, "91": 14, "1": 8, "44": 4},
    "call centre": {"1": 46, "44": 26, "447": 10, "49": 10, "33": 8},
}
# fmt: on

ANSWERED = 200
REASONS: dict[int, str] = {
    200: "OK",
    403: "Customer disabled",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    500: "Server Internal Error",
    503: "Service Unavailable",
}
NO_CARRIER_REASON = "No carrier available"

# How failed attempts end: on a usual day, and at a carrier whose network has collapsed.
FAILURES: tuple[int, ...] = (486, 487, 404, 480, 503, 500, 408)
USUAL_SHARE: tuple[float, ...] = (0.22, 0.31, 0.13, 0.17, 0.08, 0.03, 0.06)
COLLAPSE_SHARE: tuple[float, ...] = (0.02, 0.05, 0.10, 0.03, 0.48, 0.19, 0.13)

EXPENSIVE_CODES: tuple[str, ...] = ("252", "53")  # where a traffic spike goes: what toll fraud likes

CUSTOMER_STATUSES = ("Active", "Inactive", "Penalty", "Pending Approval")
CARRIER_STATUSES = ("Active", "Inactive", "Pending Approval")
ACTIVE = "Active"


def index_of_code(code: str) -> int:
    """Return the place of a destination in DESTINATIONS; ValueError for a code that is not there."""
    return [destination.code for destination in DESTINATIONS].index(code)


def mix_matrix() -> Floats:
    """Return each customer's shares of the destinations, shape (customers, destinations), rows sum to 1."""
    shares = np.array(
        [[MIXES[customer.mix].get(destination.code, 0.0) for destination in DESTINATIONS] for customer in CUSTOMERS]
    )
    mix: Floats = shares / shares.sum(axis=1, keepdims=True)
    return mix


def route_matrix() -> Floats:
    """Return each customer's weights of the carriers, shape (customers, carriers), not normalised."""
    return np.array([[_weight(customer, carrier) for carrier in CARRIERS] for customer in CUSTOMERS])


def _weight(customer: Customer, carrier: Carrier) -> float:
    if customer.pinned_to is not None:
        return carrier.weight if carrier.name == customer.pinned_to else 0.0
    return carrier.weight * dict(customer.prefers).get(carrier.name, 1.0)
