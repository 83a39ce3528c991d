"""The final tier, opened once."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction

from datasets.models import Opening
from datasets.vault.box import labels_of
from datasets.vault.looks import locked
from dlstart_web.kit import audit
from dlstart_web.kit.say import say


def open_final(*, opening: Opening, score: Callable[[np.ndarray, np.ndarray | None], dict], now: datetime) -> Opening:
    """Open a final tier once, after owner and handler agreed; an opening that has its result comes back as it is.

    Parameters
    ----------
    opening : Opening
        In state "agreed"; its `alpha` already pays for pooled looks.
    score : callable
        Takes the labels and the groups, returns what may be known: the `final` of the contract, never rows.
    now : datetime
        When it is opened.
    """
    with transaction.atomic():
        test_set = locked(opening.test_set_id)
        opening = Opening.objects.get(pk=opening.pk)
        if opening.state == Opening.State.SCORED:
            return opening
        if opening.state != Opening.State.AGREED:
            raise PermissionDenied(say("The final tier opens once its owner has asked and the handler has agreed."))
        opening.result = score(*labels_of(test_set))
        opening.state, opening.scored_at = Opening.State.SCORED, now
        opening.save(update_fields=["result", "state", "scored_at"])
        audit.note("opening-scored", opening)
        return opening
