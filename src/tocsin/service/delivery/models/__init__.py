"""What is sent of each night, to whom, and how far that is."""

from tocsin.service.delivery.models.delivery import (
    Delivery,
    DeliveryForm,
    DeliveryKind,
    DeliveryState,
)
from tocsin.service.delivery.models.fetch import Fetch
from tocsin.service.delivery.models.hold import Hold, HoldState, HoldWhy
from tocsin.service.delivery.models.link import Link
from tocsin.service.delivery.models.night import Night, NightState
from tocsin.service.delivery.models.night_figure import NightFigure
from tocsin.service.delivery.models.night_list import NightList
from tocsin.service.delivery.models.pace import Pace
from tocsin.service.delivery.models.recall import Recall, RecalledReport
from tocsin.service.delivery.models.report import Outcome, Report
from tocsin.service.delivery.models.returned import Returned, ReturnedKind

__all__ = [
    "Delivery",
    "DeliveryForm",
    "DeliveryKind",
    "DeliveryState",
    "Fetch",
    "Hold",
    "HoldState",
    "HoldWhy",
    "Link",
    "Night",
    "NightFigure",
    "NightList",
    "NightState",
    "Outcome",
    "Pace",
    "Recall",
    "RecalledReport",
    "Report",
    "Returned",
    "ReturnedKind",
]
