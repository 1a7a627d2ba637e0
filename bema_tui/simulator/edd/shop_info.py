"""The shop's endpoints ``info`` and ``stats`` (contract, sections 6 and 7)."""

from __future__ import annotations

from typing import Any

from bema_tui.simulator.world.world import World

_WORDPRESS = "6.5.5"
_SITE = {
    "currency": "USD",
    "currency_position": "before",
    "decimal_separator": ".",
    "thousands_separator": ",",
}


def info(world: World, role: str) -> dict[str, Any]:
    """Returns what the key may do. Rights that it lacks are absent; only a manager's key sees the versions."""
    if role == "viewer":
        return {"info": {"site": _SITE}}
    permissions = {"view_shop_reports": True}
    if role == "accountant":
        return {"info": {"permissions": permissions, "site": _SITE}}
    permissions |= {"view_shop_sensitive_data": True, "manage_shop_discounts": True}
    versions = {"wp_version": _WORDPRESS, "edd_version": world.shop_version.version}
    return {"info": {"permissions": permissions, "site": {**versions, **_SITE}}}


def stats(world: World, params: dict[str, str]) -> dict[str, Any]:
    """Returns the totals of complete and revoked orders; the stray key "0" is EDD's own."""
    counted = [order for order in world.orders.values() if order.refund_of is None]
    counted = [order for order in counted if order.status in ("complete", "revoked")]
    quiet = {"today": 0, "current_month": 0, "last_month": 0}
    sales = {**quiet, "totals": len(counted)}
    earnings = {**quiet, "totals": round(float(sum(order.total for order in counted)), 2)}
    kind = params.get("type")
    if kind == "sales":
        return {"sales": sales}
    if kind == "earnings":
        return {"earnings": earnings}
    return {
        "stats": {"sales": sales, "earnings": earnings},
        "0": {"log_requests": True, "user_id": "1", "override": False},
    }
