"""What MailerLite refuses for good is told apart from a lost answer: it is said at once, and not asked for again."""

from __future__ import annotations

import attrs
import pytest

from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy, honest
from tests.support.simulated import Simulated

FULL_OF_GROUPS = "422: The maximum number of groups has been reached."
FULL_OF_FIELDS = "422: The maximum number of fields has been reached."


def full(simulated: Simulated) -> None:
    """The account holds as many groups and fields as it may."""
    state = simulated.state()
    simulated.set(faults={"most_groups": len(state["groups"]), "most_fields": len(state["fields"])})


def creations(simulated: Simulated, what: str) -> int:
    return sum(row["method"] == "POST" and row["path"] == f"/api/{what}" for row in simulated.requests())


@pytest.mark.fault("A7")
def test_a_group_without_room_in_the_account_leaves_out_the_moves_into_it(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    missing = f"{code}_SILVER_PURCHASE"
    simulated.change(delete_group=missing)
    silver = simulated.buyer("buyer in SILVER", code)
    full(simulated)
    run = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=3).document
    assert (run["state"], run["failed"], run["unknown"], run["planned"]) == ("done", 1, 0, 0)
    assert run["applied"] > 0
    rows = operator.run("changes", str(run["run"]), "--json").document
    (failed,) = [row for row in rows if row["state"] == "failed"]
    assert (failed["kind"], failed["error"]) == ("create_group", FULL_OF_GROUPS)
    left = {row["kind"]: (row["state"], row["error"]) for row in rows if row["email"] == silver}
    assert left["set_field"] == ("applied", None)
    assert left["add_group"] == ("skipped", f"{missing} could not be created")
    assert left["remove_group"] == ("skipped", "its add was not applied")
    (found,) = operator.run("findings", "--rule", "refused_write", "--json").document
    assert found["subject"] == missing
    assert found["message"] == f"MailerLite refused to create the group {missing} ({FULL_OF_GROUPS})."
    assert "delete some that nobody needs" in found["advice"]
    assert f"bema-tui sync {code} --create-missing" in found["advice"]
    assert creations(simulated, "groups") == 1
    assert simulated.subscribers()[silver][1] == [f"{code}_SILVER"]

    simulated.set(faults=None)
    again = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=3).document
    assert (again["state"], again["failed"]) == ("done", 0)
    assert simulated.subscribers()[silver][1] == [missing]
    assert operator.run("findings", "--rule", "refused_write", "--json").document == []
    assert simulated.violations() == []


@pytest.mark.fault("A7")
def test_a_field_that_the_account_has_no_room_for_blocks_the_campaign(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.change(delete_field=f"{code}_PURCHASE")
    full(simulated)
    before = simulated.subscribers()
    said = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=1)
    assert f"{code} is blocked without its purchase field" in said.complaint
    assert FULL_OF_FIELDS in said.complaint
    assert "delete some that nobody needs" in said.complaint
    run = said.document
    assert (run["state"], run["failed"], run["unknown"], run["sending"]) == ("failed", 1, 0, 0)
    (found,) = operator.run("findings", "--rule", "refused_write", "--json").document
    assert FULL_OF_FIELDS in found["message"]
    resumed = operator.run("resume", str(run["run"]), "--json", expect=1)
    assert FULL_OF_FIELDS in resumed.complaint
    assert creations(simulated, "fields") == 1, "not asked for again"
    assert simulated.subscribers() == before

    # Somebody makes room, and the field by hand.
    simulated.change(create_field={"name": f"{code}_PURCHASE"})
    done = operator.run("resume", str(run["run"]), "--json", expect=3).document
    assert (done["state"], done["planned"], done["unknown"], done["failed"]) == ("done", 0, 0, 1)
    assert creations(simulated, "fields") == 1
    operator.run("sync", code, "--yes", expect=3)
    assert operator.run("findings", "--rule", "refused_write", "--json").document == []
    assert simulated.violations() == []


@pytest.mark.fault("A7")
@pytest.mark.parametrize("refused", [True, False])
def test_a_resume_that_would_end_the_same_is_not_offered(
    refused: bool, simulated: Simulated, operator: Operator
) -> None:
    """What helps is a sync with a flag, which the error names, be the field refused or only missing."""
    code = operator.discover()
    simulated.change(delete_field=f"{code}_PURCHASE")
    if refused:
        full(simulated)
    flags = ("--create-missing",) if refused else ()
    said = operator.run("sync", code, "--yes", *flags, expect=1).out
    for text in (said, operator.run("runs", "1", expect=0).out, operator.run("resume", "1", expect=1).out):
        assert f"bema-tui sync {code} --create-missing" in text
        assert "bema-tui resume" not in text
    assert operator.run("runs", "1", "--json").document["error"]["error"] == "NeedsNewSync"

    simulated.set(faults={"server_error": 1.0, "side": "mailerlite"})
    said = operator.run("sync", code, "--yes", *flags, expect=1).out
    assert "Go on with: bema-tui resume 2" in said


@attrs.define
class Refusing:
    """Refuses requests of one kind, with MailerLite's words."""

    status: int
    path: str
    words: str
    times: int = 1_000

    async def __call__(self, asked: Asked, pass_on: PassOn) -> Given:
        if not (self.times and asked.writes and asked.path.endswith(self.path)):
            return await pass_on(asked.body)
        self.times -= 1
        return Given(self.status, b"", {"content-type": "application/json"}).but({"message": self.words})


@pytest.mark.fault("A7")
@pytest.mark.parametrize(
    ("status", "words"),
    [(422, "The requests field is required."), (403, "Not of your plan."), (401, "Unauthenticated.")],
)
def test_a_batch_that_is_refused_as_a_whole_leaves_its_rows_planned(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy, status: int, words: str
) -> None:
    code = operator.discover()
    mailerlite_proxy.meddle = Refusing(status, "/batch", words)
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert words in said.complaint
    run = said.document
    assert (run["state"], run["unknown"], run["sending"], run["applied"]) == ("failed", 0, 0, 0)
    rows = operator.run("changes", str(run["run"]), "--json").document
    assert {(row["state"], row["attempts"]) for row in rows} == {("planned", 0)}
    mailerlite_proxy.meddle = honest
    done = operator.run("resume", str(run["run"]), "--json", expect=3).document
    assert (done["state"], done["planned"], done["failed"]) == ("done", 0, 0)
    assert simulated.violations() == []


@pytest.mark.fault("A7")
def test_a_batch_that_something_else_answers_with_404_is_read_back(operator: Operator, mailerlite_proxy: Proxy) -> None:
    """It may be the second try's answer, after a first that was carried out."""
    code = operator.discover()
    mailerlite_proxy.meddle = Refusing(404, "/batch", "no such route")
    run = operator.run("sync", code, "--yes", "--json", expect=1).document
    assert (run["state"], run["sending"]) == ("failed", 0)
    assert run["unknown"] > 0
    mailerlite_proxy.meddle = honest
    done = operator.run("resume", str(run["run"]), "--json", expect=3).document
    assert (done["state"], done["planned"], done["unknown"], done["failed"]) == ("done", 0, 0, 0)


@pytest.mark.fault("A11", "A7")
def test_a_new_buyer_whom_mailerlite_refuses_is_a_finding_at_once(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    operator.settings("[rules]\nadd_new_buyers = true\n")
    simulated.set(allow_create=True)
    words = "This address is not deliverable."
    mailerlite_proxy.meddle = Refusing(422, "/subscribers", words, times=2)
    run = operator.run("sync", code, "--yes", "--json", expect=3).document
    refused = operator.run("changes", str(run["run"]), "--state", "failed", "--json").document
    assert refused
    assert {(row["kind"], row["error"]) for row in refused} == {("create_subscriber", f"422: {words}")}
    found = operator.run("findings", "--rule", "refused_write", "--json").document
    assert {one["subject"] for one in found} == {row["email"] for row in refused}
    assert {one["message"] for one in found} == {
        f"MailerLite refused to create {row['email']} (422: {words})." for row in refused
    }

    written = len(simulated.writes())
    again = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert again["total"] == 0
    assert len(simulated.writes()) == written
    found = operator.run("findings", "--rule", "refused_write", "--json").document
    assert all(f"(422: {words}) before; it is not tried again." in one["message"] for one in found)
    assert len(found) == len(refused)

    mailerlite_proxy.meddle = honest
    retried = operator.run("sync", code, "--yes", "--retry-refused", "--json", expect=3).document
    assert retried["applied"] == len(refused)
    assert operator.run("findings", "--rule", "refused_write", "--json").document == []


@pytest.mark.fault("A11", "E1")
@pytest.mark.parametrize(("status", "sent"), [(422, 1), (500, 3), (404, 3)])
def test_a_remove_that_is_not_done_is_a_finding_and_is_not_planned_again_by_the_same_run(
    simulated: Simulated, operator: Operator, status: int, sent: int
) -> None:
    code = operator.discover()
    run = operator.run("plan", code, "--json", expect=3).document["run"]
    rows = operator.run("changes", str(run), "--json").document
    remove = next(row for row in rows if row["kind"] == "remove_group")
    state = simulated.state()
    number = next(one["id"] for one in state["subscribers"] if one["email"] == remove["email"])
    group = next(one["id"] for one in state["groups"] if one["name"] == remove["before"])
    path = f"subscribers/{number}/groups/{group}"
    simulated.change(script_response={"method": "DELETE", "path": path, "status": status, "body": {"message": "No."}})
    asked = len(simulated.requests())
    done = operator.run("apply", str(run), "--json", expect=3).document
    assert (done["state"], done["failed"]) == ("done", 1)
    items = [item for request in simulated.requests()[asked:] for item in request["items"]]
    assert sum(item["method"] == "DELETE" and item["path"].endswith(path) for item in items) == sent
    (found,) = operator.run("findings", "--rule", "refused_write", "--json").document
    assert found["subject"] == remove["email"]
    simulated.change(script_response=None)
    operator.run("sync", code, "--yes", "--retry-refused", "--json", expect=3)
    assert operator.run("findings", "--rule", "refused_write", "--json").document == []
    assert simulated.violations() == []
