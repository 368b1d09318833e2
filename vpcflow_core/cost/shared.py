"""Bills that several panels of a page stand on: each is computed once.

They are kept beside the logs that answer them, which see one scope and one source for good.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

from vpcflow_core.cost.billing import Bill, CostQueries, bill
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

KEPT = 6  # bills of the same logs: of a page and of the one before, with their months before


@dataclass(slots=True)
class _Kept:
    bills: OrderedDict[Hashable, Bill] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


_OF: WeakKeyDictionary[CostQueries, _Kept] = WeakKeyDictionary()
_LOCK = Lock()


def shared_bill(
    logs: CostQueries,
    window: Window,
    filters: Filters,
    *,
    generation: int,
) -> Bill:
    """As `billing.bill`; panels that ask for the same at once wait for the first.

    Args:
        logs: Answers questions.
        window: The range.
        filters: Conditions besides its own.
        generation: Generation of the store: what was computed at an earlier one does not count.
    """
    with _LOCK:
        kept = _OF.setdefault(logs, _Kept())
    key = (window, repr(filters), generation)
    with kept.lock:
        if key not in kept.bills:
            kept.bills[key] = bill(logs, window, filters)
        kept.bills.move_to_end(key)
        while len(kept.bills) > KEPT:
            kept.bills.popitem(last=False)
        return kept.bills[key]
