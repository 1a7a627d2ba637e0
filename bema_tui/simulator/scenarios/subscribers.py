"""Creates the subscribers of the data set, and lets them join groups that are no tiers."""

from __future__ import annotations

from datetime import timedelta

from bema_tui.simulator.scenarios.builder import Builder
from bema_tui.simulator.scenarios.example_names import NAMES, example_email
from bema_tui.simulator.scenarios.label import TODAY
from bema_tui.simulator.world.records import STATUSES, Subscriber

_STATUS_SHARES = {"active": 85, "unsubscribed": 8, "unconfirmed": 3, "bounced": 3, "junk": 1}
_HISTORY_DAYS = 1200


def create_subscribers(builder: Builder) -> None:
    rng, world = builder.rng, builder.world
    count = world.settings.subscribers
    begin = TODAY - timedelta(days=_HISTORY_DAYS)
    statuses = rng.choices(STATUSES, [_STATUS_SHARES[status] for status in STATUSES], k=count)
    for place in range(count):
        first, last, ascii_name = NAMES[rng.randrange(len(NAMES))]
        moment = begin + timedelta(seconds=int(place * _HISTORY_DAYS * 86_400 / count))
        text = moment.strftime("%Y-%m-%d %H:%M:%S")
        email = example_email(place, ascii_name)
        subscriber = Subscriber(world.new_id(), email, statuses[place], text, text, text)
        subscriber.sent = rng.randrange(0, 60)
        subscriber.opens_count = rng.randrange(0, subscriber.sent + 1)
        if subscriber.status == "unsubscribed":
            subscriber.unsubscribed_at = text
        if first:
            subscriber.values["name"] = first
        if last:
            subscriber.values["last_name"] = last
        if place % 3 == 0:
            subscriber.ip_address = subscriber.optin_ip = f"192.0.2.{place % 254 + 1}"
            subscriber.opted_in_at = text
        if place % 40 == 0:
            subscriber.values[builder.label.foreign_field_key] = "First Light"
        world.add_subscriber(subscriber)
        builder.subscribers.append(subscriber)


def join_foreign_groups(builder: Builder, subscribers: list[Subscriber]) -> None:
    newsletter, *others = builder.label.foreign_groups
    for subscriber in subscribers:
        if builder.rng.random() < 0.6:
            builder.world.assign(subscriber, newsletter)
        if builder.rng.random() < 0.08:
            builder.world.assign(subscriber, builder.rng.choice(others))
