"""The fewest requests to MailerLite that a safe sync needs.

The lower bound is derived from the simulator's truth before and after. It is that of the strategy which the domain
rules fix in section 6, and of its sizes: five first people, a sample of 50 group changes.

- *Reading for the plan.* Three lists (groups, fields, automations). Then the cheaper of the two ways to see everybody:
  by groups, where every group is asked for its active people, and for any other status that its count does not call
  empty, ``ceil(members / rows of a page)`` requests each, at least one; and then a closer look at the ``n`` buyers who
  are in no group; or by one sweep, ``ceil(people of the account / rows of a page)``, and a closer look at the ``k`` of
  those buyers whom MailerLite knows, since who bought and shows no tier must be read again; and either way one at those
  who show more than one tier, for the same reason: fifty people in a batch. Which is cheaper is judged by the quota: a
  look in a batch takes as much of it as a page of a thousand, where the items of a batch count.
- *Reading while it writes*, only if there is something to write: the first five people in full, and the sample: one
  batch each. (What rests on reads over ten minutes old is read again; none of these runs takes so long.)
- *Writing.* One item for each membership and each person's field that differs between the truth before and after. A
  batch holds 50: ``ceil(items / 50)``. The first five people go before the rest, and everybody's adds must be answered
  before their removes leave: so each of the two parts takes at least two batches if somebody of it is removed from a
  group. In units of the quota: the items, where they count, and the batches.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from attrs import frozen

LISTS = 3
FIRST = 5
_BATCH = 50
_GROUP_PAGE = 1000
_ACCOUNT_PAGE = 100
_SETTLED = {"complete", "partially_refunded", "revoked", "on_hold"}
_UNPURCHASED = ("OPT-IN", "GOLD", "SILVER", "BRONZE")


@frozen
class Cost:
    """HTTP requests, and what they take of the quota."""

    requests: int
    units: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.units + other.units)


class Truth:
    """What the simulator holds of one campaign, and what follows from it."""

    def __init__(self, state: dict[str, Any], code: str, products: set[str], item_cost: int = 1) -> None:
        subscribers = state["subscribers"]
        self.item_cost = item_cost
        self.subscribers = {subscriber["id"]: subscriber for subscriber in subscribers}
        self.account = len(subscribers)
        self.members = [p for p in subscribers if any(name.startswith(f"{code}_") for name in p["groups"])]
        self.sizes: Counter[tuple[str, str]] = Counter()
        for group in state["groups"]:
            if group["name"].startswith(f"{code}_"):
                self.sizes[group["name"], "active"] += 0
        for subscriber in self.members:
            self.sizes.update(
                (name, subscriber["status"]) for name in subscriber["groups"] if name.startswith(f"{code}_")
            )
        self.buyers = {
            order["email"].strip().lower()
            for order in state["orders"]
            if order["status"] in _SETTLED and any(str(item["id"]) in products for item in order["products"])
        }
        self.several = sum(sum(name.startswith(f"{code}_") for name in p["groups"]) > 1 for p in self.members)
        inside = {subscriber["email"] for subscriber in self.members}
        known = {subscriber["email"] for subscriber in subscribers}
        self.outside = len(self.buyers - inside)
        self.outside_known = len((self.buyers & known) - inside)

    def could_buy(self, code: str, share: float) -> list[str]:
        """Active members in one tier that is not bought, as many as that share of the members."""
        tiers = {f"{code}_{suffix}" for suffix in _UNPURCHASED}
        fitting = [
            subscriber["email"]
            for subscriber in self.members
            if subscriber["status"] == "active"
            and subscriber["email"] not in self.buyers
            and len(ours := [name for name in subscriber["groups"] if name.startswith(f"{code}_")]) == 1
            and ours[0] in tiers
        ]
        return fitting[: round(share * len(self.members))]

    def fewest_reads(self, written: int) -> Cost:
        """The reads that no safe client can do without, when it writes to so many people."""
        by_groups = sum(max(1, math.ceil(size / _GROUP_PAGE)) for size in self.sizes.values())
        by_sweep = math.ceil(self.account / _ACCOUNT_PAGE)
        ways = (
            Cost(by_groups, by_groups) + self._looks(self.outside + self.several),
            Cost(by_sweep, by_sweep) + self._looks(self.outside_known + self.several),
        )
        plan = Cost(LISTS, LISTS) + min(ways, key=lambda cost: cost.units)
        return plan + self._looks(min(written, FIRST)) + self._looks(min(written, _BATCH))

    def _looks(self, subscribers: int) -> Cost:
        """Looking at people by id or address, fifty in a batch."""
        batches = math.ceil(subscribers / _BATCH)
        return Cost(batches, batches + subscribers * self.item_cost)


def fewest_writes(before: Truth, after: Truth, first: set[str]) -> Cost:
    """The writes that no safe client can do without on the way between two states, if these people go first."""
    parts = {True: [0, 0], False: [0, 0]}  # items, and removes among them
    for number, subscriber in after.subscribers.items():
        was = before.subscribers[number]
        joined, left = (set(a["group_ids"]) - set(b["group_ids"]) for a, b in ((subscriber, was), (was, subscriber)))
        part = parts[number in first]
        part[0] += len(joined) + len(left) + (subscriber["fields"] != was["fields"])
        part[1] += len(left)
    batches = sum(max(math.ceil(items / _BATCH), 2 if removes else 0) for items, removes in parts.values())
    return Cost(batches, batches + after.item_cost * sum(items for items, _ in parts.values()))


def subscriber_of(item: dict[str, Any]) -> str:
    return str(item["path"].split("/")[2])
