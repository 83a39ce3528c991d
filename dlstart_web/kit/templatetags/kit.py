"""Filters and tags of the templates; words come from ``kit.text``, the arithmetic of drawings from ``kit.drawings``."""

from datetime import UTC, datetime
from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from dlstart_web.kit import drawings, text
from dlstart_web.kit.say import joined, say

register = template.Library()

register.filter("thousands", text.thousands)
register.filter("duration", text.duration_words)
register.filter("filesize", text.file_size_words)

_TAG_KINDS = {
    "good": "good done scored submitted approved verified sealed_ok go paid active met new_best ready accepted",
    "warn": "warn look lost waiting needs_attention revise hold weakest hard not_verified",
    "bad": "bad stop failed blocker refused missing",
    "unknown": "unknown undecided cancelled cannot_tell skipped declined conflict abstained released withdrawn"
    " superseded",
    "now": "now running available tip in_review in_discussion checking drafting try_it open",
    "sealed": "sealed locked frozen",
}
TAG_KIND = {status: kind for kind, statuses in _TAG_KINDS.items() for status in statuses.split()}
# Codes that are shown as the word they are: states of jobs and of what jobs make, and how grave a finding is.
_WORDS = (
    *(say("queued"), say("running"), say("done"), say("failed"), say("cancelled"), say("lost"), say("waiting")),
    *(say("checking"), say("ready"), say("sealing"), say("sealed"), say("rejected"), say("refused")),
    *(say("asked"), say("agreed"), say("spent"), say("scored"), say("voided"), say("withdrawn"), say("declined")),
    *(say("stop"), say("look"), say("tip")),
)
STATUS_WORDS = {str.__str__(word): word for word in _WORDS}


@register.filter
def tag_kind(status: object) -> str:
    """Which shape and colour a status has; a plain square for one that is not listed."""
    return TAG_KIND.get(str(status).lower().replace("-", "_"), "plain")


@register.filter
def status_word(status: object) -> object:
    """The word of a status that is its code; what has other words already stays."""
    return STATUS_WORDS.get(str(status), status)


@register.filter(is_safe=True)
def inside(label: object) -> str:
    """A label as it stands inside a sentence: in small letters in English, as it is elsewhere."""
    words = str(label)
    return words.lower() if (get_language() or "en").startswith("en") else words


@register.simple_tag
def score(
    value: float | None, low: float | None = None, high: float | None = None, percent: bool = False, big: bool = False
) -> SafeString:
    """A number with its range: bold, then small; "–" where there is none."""
    number, span = text.score_words(value, low, high, percent=bool(percent))
    shown = format_html(" <small>{}</small>", span) if span else ""
    unit = "%" if big and percent and number != text.MISSING else ""
    return format_html(
        '<span class="score{}"><b>{}{}</b>{}</span>', mark_safe(" score--big" if big else ""), number, unit, shown
    )


@register.simple_tag
def score_text(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    percent: bool = False,
    n: int | None = None,
) -> str:
    """The same in running text: "94.6 (93.2–95.7, 1,240 rows)"."""
    number, span = text.score_words(value, low, high, percent=bool(percent))
    beside = joined(", ", [part for part in (span, say("{rows:,} rows", rows=n) if n else "") if part])
    return f"{number} ({beside})" if beside else f"{number}"


@register.simple_tag
def percent_position(value: object, low: float, high: float) -> str:
    """Where a value lies between two ends, in percent; "" where there is no value."""
    return text.position(float(value), low, high) if text.is_number(value) else ""  # type: ignore[arg-type]


@register.simple_tag
def percent_width(value: float, other: float, low: float, high: float) -> str:
    """The distance of two values between two ends, in percent."""
    return text.position(abs(value - other), 0, high - low)


@register.simple_tag
def axis(rows: Any, level: float | None = None, percent: bool = False) -> drawings.Axis:
    """An axis for rows with ``score``, ``low``, ``high``."""
    return drawings.axis_for(rows, level if text.is_number(level) else None, percent=bool(percent))


@register.simple_tag
def drawn(
    rows: Any, on: drawings.Axis, level: float | None = None, greater_is_better: object = True
) -> list[drawings.Line]:
    """Rows with their places on an axis."""
    goal = level if text.is_number(level) else None
    return drawings.lines(list(rows), on, goal, greater_is_better=greater_is_better is not False)


@register.filter
def strip(fingerprint: str) -> list[tuple[str, str, str]]:
    """Bars of a fingerprint."""
    return drawings.strip(fingerprint or "")


@register.filter
def fingerprint(value: str) -> str:
    """The first sixteen figures of a fingerprint, in fours."""
    return " ".join((value or "")[i : i + 4] for i in range(0, min(16, len(value or "")), 4))


@register.simple_tag
def ruler(total: float) -> list[tuple[str, str, str]]:
    """Marks of the ruler that the wear meter stands on."""
    return drawings.ruler(total)


@register.simple_tag
def side_by_side(*amounts: float) -> list[dict[str, str]]:
    """Amounts as parts of one bar: where each begins, its width and its end, in percent."""
    total, done, parts = sum(amount or 0 for amount in amounts) or 1, 0.0, []
    for amount in amounts:
        begin, done = done, done + (amount or 0)
        parts.append(
            {
                "at": text.position(begin, 0, total),
                "width": text.position(amount or 0, 0, total),
                "end": text.position(done, 0, total),
            }
        )
    return parts


@register.filter
def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago a moment was, or how far off it is; the exact time is for ``local_time``."""
    return text.distance_words(moment, now or timezone.now()) if moment else text.MISSING


register.filter("until", ago)


@register.filter
def local_time(moment: datetime | None) -> str | SafeString:
    """A moment in the reader's zone, with the zone named; UTC on hover and in the machine-readable part."""
    if not moment:
        return text.MISSING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        text.moment_words(moment, timezone.get_current_timezone()),
    )


@register.simple_tag
def today() -> str:
    """The day where the reader is: "Sun 29 Nov"."""
    return text.weekday_words(timezone.localdate())


@register.filter
def error_target(field: BoundField) -> str:
    """The id that a link in the error summary goes to: the control, or the first of a group."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def widget_kind(field: BoundField) -> str:
    """How a field is laid out: "check" for one box, "group" for several, "line" for all else."""
    if getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset:
        return "check"
    return "group" if field.use_fieldset else "line"


@register.simple_tag(takes_context=True)
def here(context: Context, *names: str) -> str:
    """`aria-current` for a navigation link: "page" for the view itself, "true" for one of its namespace."""
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None:
        return ""
    if match.view_name in names:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if set(match.namespaces) & set(names) else ""
