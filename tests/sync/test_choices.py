"""What the label may choose otherwise, and whom no choice brings back. Domain rules, sections 3, 5 and 6."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.label import Label, opened_label


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Label]:
    """A label whose campaign has nothing left to do; each test has a person of its own in it."""
    with opened_label(tmp_path_factory.mktemp("label"), subscribers=80, orders=70) as label:
        label.sync()
        yield label


@pytest.fixture
def label(opened: Label) -> Iterator[Label]:
    opened.operator.settings("")
    yield opened
    assert opened.simulated.violations() == []


def test_new_buyers_are_added_only_when_wanted_and_nobody_who_was_deleted(label: Label) -> None:
    simulated = label.simulated
    deleted = label.somebody("buyer in GOLD")
    simulated.change(delete_subscriber=label.subscriber(deleted)["id"])
    new = [f"new{number}@fans.example.org" for number in range(7)]
    for email in (*new, "no@address"):
        label.buy(email)
    assert label.sync()["total"] == 0
    assert label.rules_about(new[0]) == ["buyer_unknown"]
    assert label.rules_about(deleted) == ["subscriber_gone"]

    label.operator.settings("[rules]\nadd_new_buyers = true\n")
    simulated.set(allow_create=True)
    done = label.sync()
    simulated.set(allow_create=False)
    assert done["changes"] == {"create_subscriber": done["applied"]}
    subscribers = simulated.subscribers()
    assert [subscribers[email][1] for email in new] == [[f"{label.code}_GOLD_PURCHASE"]] * 7
    assert deleted not in subscribers
    assert label.rules_about(deleted) == ["subscriber_gone"]
    assert label.rules_about("no@address") == ["blocked_record"]
    assert label.sync()["total"] == 0


def test_who_comes_back_after_a_404_is_planned_for_again(label: Label) -> None:
    """A deleted person who comes back has the same id, and a 404 is no refusal."""
    email = label.somebody("non-buyer in GOLD")
    number = label.subscriber(email)["id"]
    label.buy(email)
    run = label.operator.run("plan", label.code, "--json").document["run"]
    label.simulated.change(delete_subscriber=number)
    label.operator.run("apply", str(run), "--json")
    assert label.rules_about(email) == ["subscriber_gone"]
    label.simulated.sign_up(email, f"{label.code}_GOLD")
    assert label.subscriber(email)["id"] == number
    label.sync()
    assert label.tiers(email) == ["GOLD_PURCHASE"]
    assert label.rules_about(email) == []


def test_who_was_seen_in_the_campaign_before_is_not_placed_again(label: Label) -> None:
    email = label.somebody("non-buyer in BRONZE")
    label.move(email, **{"from": "BRONZE"})
    label.buy(email)
    assert label.sync()["changes"] == {"set_field": 1}
    assert label.tiers(email) == []
    assert label.rules_about(email) == ["drift"]


def test_a_refund_leads_back_to_the_tier_the_ledger_knows(label: Label) -> None:
    email = label.somebody("non-buyer in OPT-IN")
    key = label.buy(email)["key"]
    label.sync()
    assert label.tiers(email) == ["GOLD_PURCHASE"]
    label.simulated.change(refund=key)
    label.sync()
    assert (label.tiers(email), label.rules_about(email)) == (["GOLD_PURCHASE"], ["refunded_purchase"])
    label.operator.settings('[rules]\non_refund = "revert"\n')
    waits = label.operator.run("sync", label.code, "--yes", "--max-moves", "1000", "--json", expect=3).document
    assert (waits["state"], label.tiers(email)) == ("needs_approval", ["GOLD_PURCHASE"])
    assert "a yes of its own" in waits["note"]
    assert [(one["name"], one["people"]) for one in waits["checks"] if one["result"] == "hold"] == [
        ("nothing_taken_back", 1)
    ]
    label.operator.run("apply", str(waits["run"]), "--json")
    assert label.tiers(email) == ["OPT-IN"]
    field = next(row["key"] for row in label.simulated.state()["fields"] if row["name"] == f"{label.code}_PURCHASE")
    assert label.simulated.subscribers()[email][2].get(field) is None
    label.move(email, **{"from": "OPT-IN", "to": "SILVER"})
    assert label.sync()["total"] == 0
    assert label.rules_about(email) == []


@pytest.mark.fault("A5")
def test_a_refund_waits_for_a_yes_of_its_own_whoever_it_is_about(label: Label) -> None:
    """Not active, in no tier: only the field is cleared, and that takes a purchase back as much as a move does."""
    tiers = ("GOLD_PURCHASE", "SILVER_PURCHASE", "BRONZE_PURCHASE")
    gone, away, _ = emails = [label.somebody(f"up to date in {tier}") for tier in tiers]
    state = label.simulated.state()
    bought = [
        row for row in state["orders"] if state["campaigns"][0]["product_id"] in [p["id"] for p in row["products"]]
    ]
    keys = {row["email"].lower(): row["key"] for row in bought}
    label.simulated.change(status={"email": gone, "status": "unsubscribed"})
    label.move(away, **{"from": "SILVER_PURCHASE"})
    label.operator.settings('[rules]\non_refund = "revert"\n')
    for email in emails:
        label.simulated.change(refund=keys[email])
        before = label.simulated.subscribers()
        waits = label.operator.run("sync", label.code, "--yes", "--max-moves", "1000", "--json", expect=3).document
        assert waits["state"] == "needs_approval"
        assert "taken back after a refund" in waits["note"]
        assert label.simulated.subscribers() == before
        assert "refunded_purchase" in label.rules_about(email)
        label.operator.run("apply", str(waits["run"]), "--json")
        field = next(row["key"] for row in label.simulated.state()["fields"] if row["name"] == f"{label.code}_PURCHASE")
        assert label.simulated.subscribers()[email][2].get(field) is None
    assert [label.tiers(email) for email in emails] == [["GOLD_PURCHASE"], [], ["BRONZE"]]


@pytest.mark.fault("D10")
def test_a_fourth_move_on_one_day_waits(label: Label) -> None:
    email = label.somebody("non-buyer in SILVER")
    label.buy(email)
    for _ in range(3):
        assert label.sync()["moves"] == 1
        label.move(email, **{"from": "SILVER_PURCHASE", "to": "SILVER"})
    assert label.sync()["total"] == 0
    assert label.tiers(email) == ["SILVER"]
    waits = "waits until tomorrow"
    assert "blocked_record" not in label.rules_about(email)
    (told,) = [one for one in label.findings() if (one["subject"], one["rule"]) == (email, "move_waits")]
    assert (told["severity"], waits in told["message"]) == ("info", True), "no error, so nobody is called for it"
    assert "was moved 3 times today already" in told["message"]
    assert "first sync of the next day" in told["advice"]

    # A plan that was made when the person had moves left, as plans of several campaigns are that wait at once.
    label.operator.settings("[rules]\nmoves_per_day = 9\n")
    run = label.operator.run("plan", label.code, "--json").document
    assert run["moves"] == 1
    label.operator.settings("")
    done = label.operator.run("apply", str(run["run"]), "--json").document
    assert (done["state"], done["applied"], done["skipped"]) == ("done", 0, 2)
    assert label.tiers(email) == ["SILVER"]
    rows = label.operator.run("changes", str(run["run"]), "--json").document
    assert {row["error"] for row in rows} == {f"was moved 3 times today already; {waits}"}
    (told,) = [one for one in label.findings() if (one["subject"], one["rule"]) == (email, "move_waits")]
    assert f"The move to Silver Purchased {waits}" in told["message"]


def test_who_is_not_active_is_moved_only_when_wanted(label: Label) -> None:
    email = label.somebody("bounced buyer")
    assert label.tiers(email) == ["GOLD"]
    label.operator.settings("[rules]\nmove_inactive = true\n")
    label.sync()
    assert label.tiers(email) == ["GOLD_PURCHASE"]
    assert label.simulated.subscribers()[email][0] == "bounced"
