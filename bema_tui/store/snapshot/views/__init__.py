"""What a screen or ``--json`` shows, as frozen records: one snapshot a refresh, read from the database alone.

Other modules import them from here.
"""

from bema_tui.store.snapshot.views.overview import (
    ActivityView,
    CampaignView,
    FindingGroup,
    FindingView,
    HealthView,
    ServiceView,
    Snapshot,
)
from bema_tui.store.snapshot.views.runs import ChangeView, LeftOut, PlanRule, PlanSubscriber, RunView

__all__ = [
    "ActivityView",
    "CampaignView",
    "ChangeView",
    "FindingGroup",
    "FindingView",
    "HealthView",
    "LeftOut",
    "PlanRule",
    "PlanSubscriber",
    "RunView",
    "ServiceView",
    "Snapshot",
]
