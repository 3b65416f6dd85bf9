"""What is sent of each night, to whom, and how far that is."""

from tocsin.service.delivery.models.delivery import Delivery, DeliveryKind, DeliveryState
from tocsin.service.delivery.models.link import Link
from tocsin.service.delivery.models.night import Night, NightState
from tocsin.service.delivery.models.night_list import NightList
from tocsin.service.delivery.models.report import Outcome, Report
from tocsin.service.delivery.models.returned import Returned, ReturnedKind

__all__ = [
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Link",
    "Night",
    "NightList",
    "NightState",
    "Outcome",
    "Report",
    "Returned",
    "ReturnedKind",
]
