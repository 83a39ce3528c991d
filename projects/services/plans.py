"""Writes of the planners beside the form: each field is merged by itself, so that two people can fill in one plan."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from projects.core.errors import StaleSave
from projects.models import Plan, Proposal, User
from projects.services.answers import lock_draft


@transaction.atomic
def _save(proposal: Proposal, user: User, kind: str, values: Mapping[str, str], base: Mapping[str, str]) -> tuple:
    lock_draft(proposal)
    plan, _ = Plan.objects.select_related("edited_by").get_or_create(proposal=proposal, kind=kind)
    stored = dict(plan.values)
    changed = {name: value for name, value in values.items() if value != base.get(name, "")}
    clashes = {name for name in changed if stored.get(name, "") not in (base.get(name, ""), changed[name])}
    merged = stored | {name: value for name, value in changed.items() if name not in clashes}
    if merged != stored:
        plan.values = {name: value for name, value in merged.items() if value}
        plan.edited_by, plan.edited_at = user, timezone.now()
        plan.save(update_fields=["values", "edited_by", "edited_at"])
    return plan, clashes


def save_plan(*, proposal: Proposal, user: User, kind: str, values: Mapping[str, str], base: Mapping[str, str]) -> Plan:
    """Save the fields that differ from what the writer had read (`base`).

    A field that a colleague changed to something else meanwhile stays theirs, and StaleSave says so; all others are
    saved even then.
    """
    cleaned = {name: value.replace("\r\n", "\n").strip() for name, value in values.items()}
    plan, clashes = _save(proposal, user, kind, cleaned, base)
    if clashes:
        raise StaleSave(plan, clashes)
    return plan
