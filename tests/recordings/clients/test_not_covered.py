"""What the services are known to answer and no test plays to the clients, by name, each with its reason."""

from __future__ import annotations

from tests.recordings.clients.recordings import EDD, MAILERLITE
from tests.recordings.names import RECORDED

_SAME_ROWS = "the parameter is ignored: same rows as without it, and the client never sends it"
_NOT_ASKED = "the client never asks this"
_PAGING = "the client sends plain numbers from 1 only; rows like those of way_post_body"
_NOT_OURS = "campaigns, segments, webhooks and logs are no part of the engine"
_NEVER_DONE = "the client has no call that does this, on purpose"
_SHOP_CHANGES = "the shop changes while it is read: no single answer; played against the simulator"
_BY_EMAIL = "orders are looked up by key or row id, never by e-mail"
_ADDRESS = "another address for the answer of way_post_body; the client uses one address, with v2 said"

EDD_NOT_COVERED: dict[str, list[str]] = {
    _SAME_ROWS: [
        "filter_customer_ignored",
        "filter_date_range_ignored",
        "filter_date_today_ignored",
        "filter_mode_ignored",
        "filter_order_asc_ignored",
        "filter_product_ignored",
        "filter_product_name_ignored",
        "filter_status_any_ignored",
        "filter_status_complete_ignored",
        "filter_status_pending_ignored",
        "filter_status_refunded_ignored",
        "page_offset_param",
        "page_paged_param",
    ],
    _BY_EMAIL: [
        "filter_email",
        "filter_email_apostrophe",
        "filter_email_empty",
        "filter_email_other_case",
        "filter_email_plus_encoded",
        "filter_email_plus_raw",
        "filter_email_secondary",
        "filter_email_unknown",
        "filter_email_wildcard",
        "filter_id_and_email",
    ],
    "the client refuses what is no number before it asks; the answer would be filter_id_unknown's": [
        "filter_id_array",
        "filter_id_list",
        "filter_id_prefix_number",
        "filter_id_text",
    ],
    _PAGING: [
        "page_number_-1",
        "page_number_-5",
        "page_number_1",
        "page_number_100",
        "page_number_1e2",
        "page_number_2.7",
        "page_number_absent",
        "page_page_-1",
        "page_page_-2",
        "page_page_0",
        "page_page_1",
        "page_page_2",
        "page_page_2.9",
        "page_page_7",
        "page_page_abc",
    ],
    "the same answer as page_page_8": ["page_page_9999", "page_page_99999999999"],
    "rows in the form of way_query_v1, which is covered": [
        "page_v1_number_minus1",
        "page_v1_page7",
        "page_v1_past_end",
        "customers_by_secondary_email_v1",
        "customers_v1",
        "products_v1",
    ],
    _NOT_ASKED: [
        "customers_by_email",
        "customers_by_email_apostrophe",
        "customers_by_email_other_case",
        "customers_by_email_param",
        "customers_by_email_plus",
        "customers_by_id",
        "customers_by_secondary_email",
        "customers_date_range",
        "customers_date_range_compact",
        "customers_date_range_none",
        "customers_date_today",
        "customers_not_an_id",
        "customers_number_0",
        "customers_number_1000",
        "customers_number_minus1",
        "discounts",
        "discounts_one",
        "discounts_past_end",
        "discounts_unknown",
        "err_bad_endpoint_logs",
        "err_bad_endpoint_no_credentials",
        "err_no_credentials_xml",
        "file_download_logs",
        "file_download_logs_customer",
        "file_download_logs_customer_email",
        "file_download_logs_past_end",
        "products_bad_key_only",
        "products_category_slug",
        "products_category_slugs",
        "products_draft_public",
        "products_number_2_page_2",
        "products_number_minus1",
        "products_orderby_title",
        "products_public",
        "products_search",
        "stats",
        "stats_customers",
        "stats_earnings",
        "stats_earnings_product",
        "stats_sales",
        "stats_sales_last_year",
        "stats_sales_product",
        "stats_sales_product_all",
        "stats_sales_product_unknown",
        "stats_sales_range",
        "stats_sales_range_backwards",
        "viewer_discounts",
        "viewer_products",
        "viewer_stats",
        "way_basic_auth_header",
        "way_head",
    ],
    "the same sale as another recording (sale_bundle, filter_purchasekey, sale_partial_whole_item)": [
        "sale_backdated",
        "sale_discount_percent",
        "sale_refund_row_parent",
        "sale_registered",
    ],
    _ADDRESS: [
        "way_index_php",
        "way_post_body_creds_only",
        "way_pretty_default_version",
        "way_pretty_v2",
        "way_pretty_v2_no_slash",
        "way_query_default_version",
        "way_query_v2",
        "exp_default_version_missing",
        "exp_plain_permalinks",
        "exp_static_front_page",
    ],
    _SHOP_CHANGES: [
        "exp_checks",
        "exp_destroyed",
        "exp_email_case_kept",
        "exp_email_changed",
        "exp_late_completion",
        "exp_new_sale_between_pages",
        "exp_refund_between_pages",
        "exp_refunded_order_gone",
        "exp_regenerated_key",
        "exp_revoked_key",
        "exp_roles",
        "exp_sequential_numbers",
        "exp_sequential_off_again",
        "exp_sequential_prefix",
    ],
    "a measurement, no answer": ["exp_speed", "exp_speed_parallel"],
}
MAILERLITE_NOT_COVERED: dict[str, list[str]] = {
    _NOT_OURS: [
        "automation_activity",
        "campaign_cancel_200",
        "campaign_cancel_400",
        "campaign_create_201",
        "campaign_delete_204",
        "campaign_delete_404",
        "campaign_get_200",
        "campaign_schedule_200",
        "campaign_schedule_422",
        "campaign_subscriber_activity",
        "campaign_update_200",
        "campaign_update_500",
        "campaigns_list_draft",
        "doc_activity_log_200",
        "segment_subscribers_cursor",
        "segment_update_404",
        "segments_list",
        "webhook_create_201",
        "webhooks_list",
    ],
    _NEVER_DONE: [
        "doc_group_import_200",
        "doc_import_progress_200",
        "field_delete_204",
        "field_delete_404",
        "field_update_200",
        "group_delete_204",
        "group_delete_404",
        "group_import_401",
        "group_update_200",
        "import_report_404",
        "import_report_done_imported",
        "import_report_done_unchanged",
        "subscriber_delete_204",
        "subscriber_delete_404",
        "subscriber_delete_404_dec2024",
        "subscriber_forget_200",
    ],
}
NEVER_SEEN = {
    "members of a group that has some, in the form with a cursor": "only documented; the simulator answers it",
    "include=groups": "only documented; a row without groups makes the read fail, so a wrong guess can't do harm",
    "a 429": "only documented (doc_429_global, doc_429_import_creation)",
    "a 204 inside a batch": "any body, or none, is accepted",
    "a PUT with groups": "the client has no call that sends it",
}


def test_what_is_not_covered_has_a_name_and_a_reason_and_is_not_covered() -> None:
    for not_covered, covered, recorded in (
        (EDD_NOT_COVERED, EDD, RECORDED["edd"]),
        (MAILERLITE_NOT_COVERED, MAILERLITE, RECORDED["mailerlite"]),
    ):
        names = [name for reason, listed in not_covered.items() for name in listed if reason]
        assert len(names) == len(set(names))
        assert not set(names) & set(covered)
        assert set(names) | set(covered) == recorded


def test_every_documented_answer_that_is_only_documented_says_so() -> None:
    assert all(found["kind"] in {"recorded", "documentation", "reported"} for found in MAILERLITE.values())
    only_told = {name for name, found in MAILERLITE.items() if found["kind"] != "recorded"}
    assert all(name.startswith(("doc_", "reported_")) for name in only_told)
    named = {word.strip("(),") for reason in NEVER_SEEN.values() for word in reason.split() if "doc_" in word}
    assert named <= only_told
