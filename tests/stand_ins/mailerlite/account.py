"""The other MailerLite's people, groups and fields, and what it answers. Written from the documentation alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from tests.stand_ins.mailerlite.choices import Choices

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
NO_CONTENT = object()
DEFAULT_FIELDS = 8
Answer = tuple[int, Any]
Query = dict[str, str]
_DECODE: dict[str, Callable[[str], str]] = {
    "decoded": unquote,
    "as written": str,
    "encoded alone": lambda part: "" if "@" in part else unquote(part),
    "plus as space": lambda part: unquote_plus(unquote_plus(part)),
    "no email": lambda part: part if part.isdigit() else "",
}


class Account:
    """What it holds, and one method for each request that it understands."""

    def __init__(self, state: dict[str, Any], choices: Choices) -> None:
        """From a state as the simulator tells it."""
        self._choices = choices
        self.groups = {group["id"]: group["name"] for group in state["groups"]}
        self.fields: dict[str, dict[str, str]] = {}
        """By key."""
        keys = {}
        for field in state["fields"]:
            key = self._key(field["name"]) if int(field["id"]) > DEFAULT_FIELDS else field["key"]
            keys[field["key"]] = key
            self.fields[key] = {**field, "key": key}
        self.subscribers = {row["id"]: self._subscriber(row, keys) for row in state["subscribers"]}
        self.automations = state["automations"]
        self.created: list[str] = []
        self.writes: list[str] = []
        """Every write that was asked for, also in batches: method, path, body."""
        self.counted_besides = 0
        """People whom the account's count has and its list has not."""
        self._listings = 0
        self._first_counts = {number: self._counted(number) for number in self.groups}
        self._next_id = max(map(int, [*self.subscribers, *self.groups]), default=10**17) + 1
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(path.replace("*", "([^/]+)")), handler)
            for method, path, handler in (
                ("GET", "/subscribers", self._list_subscribers),
                ("POST", "/subscribers", self._upsert),
                ("GET", "/subscribers/*", self._get_subscriber),
                ("PUT", "/subscribers/*", self._put_subscriber),
                ("POST", "/subscribers/*/groups/*", self._assign),
                ("DELETE", "/subscribers/*/groups/*", self._unassign),
                ("GET", "/groups", self._list_groups),
                ("POST", "/groups", self._create_group),
                ("GET", "/groups/*/subscribers", self._list_members),
                ("GET", "/fields", self._list_fields),
                ("POST", "/fields", self._create_field),
                ("GET", "/automations", self._list_automations),
            )
        ]

    def answer(self, method: str, path: str, query: Query, body: Any, how: str = "decoded") -> Answer:
        """Status and body of one request; a path is without ``/api``, and its parts are decoded in some way."""
        decode = _DECODE[how]
        if method != "GET":
            self.writes.append(f"{method} {path} {body or ''}".strip())
        for wanted, pattern, handler in self._routes:
            match = pattern.fullmatch(path.rstrip("/"))
            if match and wanted == method:
                return handler(*map(decode, match.groups()), query=query, body=body if isinstance(body, dict) else {})
        return 404, {"message": f"The route api{path} could not be found."}

    def state(self) -> dict[str, Any]:
        """What it holds now, in the simulator's words."""
        return {
            "subscribers": [
                {**subscriber, "groups": [self.groups[number] for number in subscriber["groups"]]}
                for subscriber in self.subscribers.values()
            ],
            "groups": [{"id": number, "name": name} for number, name in self.groups.items()],
            "fields": list(self.fields.values()),
        }

    # People

    def _subscriber(self, row: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
        fields = {keys[key]: value for key, value in row["fields"].items()}
        return {**{k: row[k] for k in ("id", "email", "status")}, "fields": fields, "groups": list(row["group_ids"])}

    def _row(self, subscriber: dict[str, Any], *, with_groups: bool) -> Any:
        row = self._sound_row(subscriber, with_groups=with_groups)
        spoil = self._choices.spoil
        return row if spoil is None or subscriber["id"] != self._choices.spoiled else spoil.get("", {**row, **spoil})

    def _sound_row(self, subscriber: dict[str, Any], *, with_groups: bool) -> dict[str, Any]:
        c = self._choices
        time = "2025-09-19 11:10:41" if c.times else None
        shown = {key: self._value(key, subscriber["fields"].get(key)) for key in self.fields}
        if c.unset_fields == "absent":
            shown = {key: value for key, value in shown.items() if value is not None}
        row = {
            "id": self._id(subscriber["id"]),
            "email": subscriber["email"],
            "status": subscriber["status"],
            "source": None,
            "sent": 0,
            "open_rate": 7.69,
            "subscribed_at": time,
            "created_at": time,
            "updated_at": time,
            "fields": shown or [],
            "opted_in_at": None,
        }
        if with_groups and (subscriber["groups"] or c.groups_key != "missing for none"):
            row["groups"] = [self._group(number) for number in subscriber["groups"]]
            if not subscriber["groups"] and c.groups_key == "null for none":
                row["groups"] = None
        if c.extra_keys:
            row |= {"location": {"id": 1, "title": "Ljubljana"}, "stats": [], "deleted_at": None, "email_hash": {}}
        return row

    def _value(self, key: str, value: Any) -> Any:
        if self.fields[key]["type"] != "number" or not isinstance(value, int):
            return value
        return {"number": value, "text": str(value), "decimals": f"{value}.0", "float": float(value)}[
            self._choices.numbers
        ]

    def _list_subscribers(self, *, query: Query, **_: Any) -> Answer:
        subscribers = self._of_status(self.subscribers.values(), query.get("filter[status]"))
        if query.get("limit") == "0":
            counted = len(self.subscribers if self._choices.filtered_count == "whole" else subscribers)
            return 200, {"total": counted + self.counted_besides}
        subscribers = subscribers[: self._choices.account_page] if self._choices.ends_early else subscribers
        if self._choices.numbered_account:
            self._listings += 1
            rows = [self._row(subscriber, with_groups="include" in query) for subscriber in subscribers]
            return self._by_number(rows, query, self._choices.account_page, 25)
        return self._by_cursor(subscribers, query, self._choices.account_page, 25)

    def _list_members(self, group: str, *, query: Query, **_: Any) -> Answer:
        if group not in self.groups:
            return self._missing("Group\\Group", group)
        members = [subscriber for subscriber in self.subscribers.values() if group in subscriber["groups"]]
        subscribers = self._of_status(members, query.get("filter[status]", "active"))
        self._listings += 1
        if self._choices.restless == "leaves one out" and subscribers and "cursor" not in query:
            del subscribers[self._listings % len(subscribers)]
        if self._choices.numbered_groups:
            rows = [self._row(subscriber, with_groups="include" in query) for subscriber in subscribers]
            return self._by_number(rows, query, self._choices.group_page, 50)
        return self._by_cursor(subscribers, query, self._choices.group_page, 50)

    def _of_status(self, subscribers: Any, status: str | None) -> list[dict[str, Any]]:
        chosen = [subscriber for subscriber in subscribers if status in (None, subscriber["status"])]
        return sorted(chosen, key=lambda subscriber: -int(subscriber["id"]))

    def _get_subscriber(self, who: str, **_: Any) -> Answer:
        subscriber = self._find(who)
        return (
            (200, {"data": self._row(subscriber, with_groups=True)}) if subscriber else self._missing("Subscriber", "")
        )

    def _find(self, who: str) -> dict[str, Any] | None:
        if who in self.subscribers:
            return self.subscribers[who]
        return next((p for p in self.subscribers.values() if p["email"] == who.strip().lower()), None)

    def _upsert(self, *, body: dict[str, Any], **_: Any) -> Answer:
        subscriber = self._find(str(body.get("email")))
        if subscriber and subscriber["status"] == "unsubscribed":
            return 422, self._invalid("email", "This subscriber is unsubscribed and cannot be imported")
        status = 200 if subscriber else self._choices.created
        if subscriber is None:
            subscriber = self._new_subscriber(str(body["email"]))
        refused = self._set_fields(subscriber, body.get("fields", {}))
        if refused:
            return refused
        subscriber["groups"] += [
            str(number) for number in body.get("groups", []) if str(number) not in subscriber["groups"]
        ]
        return status, {"data": self._row(subscriber, with_groups=True)}

    def _new_subscriber(self, email: str) -> dict[str, Any]:
        number = self._new_id()
        status = "unconfirmed" if self._choices.double_opt_in else "active"
        email_key = email.strip().lower()
        self.subscribers[number] = {"id": number, "email": email_key, "status": status, "fields": {}, "groups": []}
        self.created.append(email)
        return self.subscribers[number]

    def _put_subscriber(self, who: str, *, body: dict[str, Any], **_: Any) -> Answer:
        subscriber = self.subscribers.get(who)
        if subscriber is None:
            return self._missing("Subscriber", "")
        refused = self._set_fields(subscriber, body.get("fields", {}))
        if refused:
            return refused
        if self._choices.put_answer == "empty":
            return 200, {"data": []}
        return 200, {"data": self._row(subscriber, with_groups=self._choices.put_answer == "whole")}

    def _set_fields(self, subscriber: dict[str, Any], fields: dict[str, Any]) -> Answer | None:
        unknown = [key for key in fields if key not in self.fields]
        if unknown and self._choices.unknown_field == "refuse":
            return 422, self._invalid(f"fields.{unknown[0]}", "The selected field is invalid.")
        subscriber["fields"] |= {key: value for key, value in fields.items() if key in self.fields}
        return None

    def _assign(self, who: str, group: str, **_: Any) -> Answer:
        subscriber = self.subscribers.get(who)
        if subscriber is None:
            return self._missing("Subscriber", "")
        if group not in self.groups:
            bad = self._invalid("id", "The selected id is invalid.")
            return (422, bad) if self._choices.bad_group == 422 else self._missing("Group\\Group", group)
        if subscriber["status"] != "active" and self._choices.inactive_assign != 200:
            return self._choices.inactive_assign, self._invalid("status", "This subscriber is not active.")
        if group in subscriber["groups"]:
            if self._choices.assign_again != 200:
                return self._choices.assign_again, {"message": "The subscriber is in the group already."}
        else:
            subscriber["groups"].append(group)
        return 200, {"data": self._group(group)}

    def _unassign(self, who: str, group: str, **_: Any) -> Answer:
        subscriber = self.subscribers.get(who)
        if subscriber is None or group not in subscriber["groups"]:
            return self._missing("Group\\Group", "")
        subscriber["groups"].remove(group)
        return 204, NO_CONTENT

    # Groups, fields, automations

    def _group(self, number: str) -> dict[str, Any]:
        name = {"id": self._id(number), "name": self.groups[number]}
        return name if self._choices.groups_key == "brief" else self._whole_group(number)

    def _whole_group(self, number: str) -> dict[str, Any]:
        how = self._choices.counters
        counts = self._counted(number)
        if how == "as before":
            counts = self._first_counts.get(number, dict.fromkeys(counts, 0))
        elif how in ("zero", "one too many"):
            counts = {name: count + 1 if how != "zero" else 0 for name, count in counts.items()}
        rates = {"open_rate": {"float": 0.875, "string": "87.5%"}, "created_at": None}
        extra = {"processing": False, "used_in_forms": []} if self._choices.extra_keys else {}
        counted = {} if how == "absent" else counts
        return {"id": self._id(number), "name": self.groups[number], **counted, **rates, **extra}

    def _counted(self, number: str) -> dict[str, int]:
        members = [subscriber["status"] for subscriber in self.subscribers.values() if number in subscriber["groups"]]
        return {f"{status}_count": members.count(status) for status in STATUSES}

    def _list_groups(self, *, query: Query, **_: Any) -> Answer:
        rows = [self._whole_group(number) for number in self.groups]
        wanted = query.get("filter[name]", "").lower()
        return self._by_number(self._ordered([r for r in rows if wanted in r["name"].lower()]), query, None, 100)

    def _list_fields(self, *, query: Query, **_: Any) -> Answer:
        rows = [{**field, "id": self._id(field["id"]), "is_default": False} for field in self.fields.values()]
        return self._by_number(self._ordered(rows), query, None, 100)

    def _list_automations(self, *, query: Query, **_: Any) -> Answer:
        ids = {name: number for number, name in self.groups.items()}
        rows = []
        for automation in self.automations:
            groups = [ids[name] for name in automation["groups"] if name in ids]
            trigger: dict[str, Any] = {"id": "1", "type": "subscriber_joins_group", "broken": False}
            if self._choices.triggers != "groups":
                trigger["group_ids"] = [self._id(number) for number in groups]
            if self._choices.triggers != "ids":
                trigger["groups"] = [{"id": self._id(number), "name": self.groups[number]} for number in groups]
            triggers: Any = {"0": trigger} if self._choices.triggers == "one object" else [trigger]
            told = {"id": automation["id"], "name": automation["name"], "enabled": automation["enabled"]}
            rows.append({**told, "triggers": triggers, "steps": [], "stats": []})
        return self._by_number(rows, query, None, 10)

    def _create_group(self, *, body: dict[str, Any], **_: Any) -> Answer:
        if body["name"].lower() in map(str.lower, self.groups.values()):
            return self._taken()
        number = self._new_id()
        self.groups[number] = body["name"]
        return self._choices.created, {"data": self._whole_group(number)}

    def _create_field(self, *, body: dict[str, Any], **_: Any) -> Answer:
        key = self._key(body["name"])
        if key in self.fields:
            return self._taken()
        number = str(947000 + len(self.fields))
        self.fields[key] = {"id": number, "name": body["name"], "key": key, "type": body["type"]}
        return self._choices.created, {"data": {**self.fields[key], "is_default": False}}

    def _key(self, name: str) -> str:
        words = re.sub(r"[\s-]+", "_", name.strip())
        snake = re.sub(r"(.)(?=[A-Z])", r"\1_", words)
        return (snake if self._choices.keys == "snake" else words).lower()

    def _ordered(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        newest = self._choices.list_order == "newest"
        return sorted(rows, key=(lambda row: -int(row["id"])) if newest else (lambda row: row["name"].lower()))

    # Paging and the small things

    def _by_cursor(self, subscribers: list[dict[str, Any]], query: Query, most: int, usual: int) -> Answer:
        size = self._size(query, most, usual)
        if isinstance(size, tuple):
            return size
        cursor = query.get("cursor", "")
        last = int(cursor.removeprefix("n=").removesuffix("+/=&")) if cursor else None
        left = [subscriber for subscriber in subscribers if last is None or int(subscriber["id"]) < last]
        page = left[:size]
        more = len(left) > size or (self._choices.cursor_at_end and bool(page))
        following = f"n={page[-1]['id']}+/=&" if more else None
        link = f"https://elsewhere.example/api/subscribers?cursor={quote(following, safe='')}" if following else None
        rows = [self._row(subscriber, with_groups="include" in query) for subscriber in page]
        per_page: Any = str(size) if self._choices.page_as_text else size
        return 200, {
            "data": rows,
            "links": {"first": None, "last": None, "prev": None, "next": link},
            "meta": {"path": "…", "per_page": per_page, "next_cursor": following, "prev_cursor": cursor or None},
        }

    def _by_number(self, rows: list[Any], query: Query, most: int | None, usual: int) -> Answer:
        size = self._size(query, self._choices.list_page if most is None else most, usual)
        if isinstance(size, tuple):
            return size
        page = int(query.get("page", "1"))
        cut = rows[(page - 1) * size : page * size]
        last = max(1, -(-len(rows) // size))
        meta: dict[str, Any] = {"current_page": page, "last_page": last, "per_page": size, "total": len(rows)}
        if self._choices.page_as_text:
            meta = {name: str(number) for name, number in meta.items()}
        if self._choices.restless == "changes its total" and most is not None:
            meta["total"] += self._listings
        if not cut:
            meta |= {"from": None, "to": None}
        return 200, {"data": cut, "links": {"next": None}, "meta": meta}

    def _size(self, query: Query, most: int, usual: int) -> int | Answer:
        wanted = int(query.get("limit", min(usual, most)))
        if wanted > most and self._choices.excess == "refuse":
            return 422, self._invalid("limit", f"The limit may not be greater than {most}.")
        return max(1, min(wanted, most))

    def _id(self, number: str) -> str | int:
        return int(number) if self._choices.ids == "mixed" and int(number) % 2 else number

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def _missing(self, model: str, number: str) -> Answer:
        words = {
            "model": f"No query results for model [App\\Models\\{model}] {number}".rstrip() + ".",
            "resource": "Resource not found.",
        }
        said = self._choices.missing_text
        return 404, None if said == "no body" else {"message": words.get(said, "")}

    def _taken(self) -> Answer:
        text = "The name has already been taken."
        return {
            "taken": (422, {"message": text, "errors": {"name": [text]}}),
            "plain": (422, {"message": text}),
            "invalid": (422, self._invalid("name", text)),
            "conflict": (409, {"message": ""}),
        }[self._choices.name_taken]

    def _invalid(self, name: str, text: str) -> dict[str, Any]:
        return {"message": "The given data was invalid.", "errors": {name: [text]}}
