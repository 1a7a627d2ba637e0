"""Says which recordings of the real services are compared with the simulator, and why the others are not.

What is played to the clients has the very shape that the simulator is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.recordings.clients.recordings import EDD, MAILERLITE
from tests.recordings.names import RECORDED
from tests.recordings.simulator import test_edd, test_mailerlite
from tests.recordings.simulator.shapes import differences

RECORDINGS = [f"{service}/{name}" for service, names in RECORDED.items() for name in names]

LEFT_OUT = {
    "campaigns of e-mails are neither read nor written": """
        mailerlite/campaign_cancel_200 mailerlite/campaign_cancel_400 mailerlite/campaign_create_201
        mailerlite/campaign_delete_204 mailerlite/campaign_delete_404 mailerlite/campaign_get_200
        mailerlite/campaign_schedule_200 mailerlite/campaign_schedule_422 mailerlite/campaign_subscriber_activity
        mailerlite/campaign_update_200 mailerlite/campaign_update_500 mailerlite/campaigns_list_draft
    """,
    "segments are not read": """
        mailerlite/segment_subscribers_cursor mailerlite/segment_update_404 mailerlite/segments_list
    """,
    "imports are not used: they tell of no single row, and may not be sent twice": """
        mailerlite/doc_group_import_200 mailerlite/doc_import_progress_200 mailerlite/group_import_401
        mailerlite/import_report_404 mailerlite/import_report_done_imported mailerlite/import_report_done_unchanged
    """,
    "webhooks are not used": "mailerlite/webhook_create_201 mailerlite/webhooks_list",
    "an older form of an answer that later recordings replace": """
        mailerlite/group_subscribers_old_page_form_2022 mailerlite/subscriber_upsert_no_change_200_2023
    """,
    "another text of the same 404; clients must not read the text": "mailerlite/subscriber_delete_404_dec2024",
    "the simulator keeps no activity of people and answers an empty page": "mailerlite/doc_activity_log_200",
    "totals of the shop are not read: they count other orders than the list of sales": """
        edd/stats_customers edd/stats_earnings_product edd/stats_sales_last_year edd/stats_sales_product
        edd/stats_sales_product_all edd/stats_sales_product_unknown edd/stats_sales_range
        edd/stats_sales_range_backwards
    """,
    "discounts of the shop are not read; a sale names its own": """
        edd/discounts edd/discounts_one edd/discounts_unknown
    """,
    "logs of downloads are not read": "edd/file_download_logs edd/file_download_logs_customer",
    "customers by date are not read: the shop loses days at the edges": """
        edd/customers_date_range edd/customers_date_range_compact edd/customers_date_range_none
        edd/customers_date_today
    """,
    "a measurement of speed, not an answer": "edd/exp_speed edd/exp_speed_parallel",
    "several answers around a change of the shop, each in a form that is compared elsewhere": """
        edd/exp_checks edd/exp_destroyed edd/exp_email_case_kept edd/exp_email_changed edd/exp_late_completion
        edd/exp_new_sale_between_pages edd/exp_real_checkout edd/exp_refund_between_pages
        edd/exp_refunded_order_gone edd/exp_regenerated_key edd/exp_revoked_key edd/exp_roles
        edd/exp_sequential_numbers edd/exp_sequential_prefix edd/exp_sequential_off_again edd/exp_plain_permalinks
    """,
    "a setting of the shop that makes no difference": "edd/exp_static_front_page",
}
"""Every recording that no comparison names, under the reason."""


PLAYED_SHORT = {"automations_list": "its steps, which are long and not read, are cut away"}
"""What is played to the clients with less than was recorded, and why."""


def left_out() -> list[str]:
    return [name for names in LEFT_OUT.values() for name in names.split()]


def covered() -> list[str]:
    mailerlite = [f"mailerlite/{name}" for case in test_mailerlite.CASES for name in case.recordings.split()]
    return mailerlite + [f"edd/{name}" for case in test_edd.CASES for name in case.recordings.split()]


def test_every_recording_is_compared_or_left_out_for_a_reason() -> None:
    assert sorted([*covered(), *left_out()]) == sorted(RECORDINGS)


@pytest.mark.parametrize(("side", "least"), [("mailerlite/", 0.6), ("edd/", 0.8)])
def test_most_recordings_are_compared(side: str, least: float) -> None:
    recorded = [name for name in RECORDINGS if name.startswith(side)]
    compared = [name for name in covered() if name.startswith(side)]
    assert len(compared) / len(recorded) >= least


@pytest.mark.parametrize(
    ("played", "name", "status", "shape"),
    [
        (recordings[name], name, case.status, case.shape)
        for recordings, cases in ((MAILERLITE, test_mailerlite.CASES), (EDD, test_edd.CASES))
        for case in cases
        for name in case.recordings.split()
        if "body" in recordings.get(name, {}) and name not in PLAYED_SHORT
    ],
)
def test_what_is_played_to_the_clients_has_the_shape_that_is_compared(
    played: Mapping[str, Any], name: str, status: int, shape: Any
) -> None:
    assert played["status"] == status, name
    assert (played["body"] is None) if shape is None else (differences(played["body"], shape) == [])
