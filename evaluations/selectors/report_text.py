"""The report as Markdown: the same content in the same order as the page."""

from typing import Any

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from evaluations.models import ResultDecision
from evaluations.selectors.appendix import Chapter
from projects.models import Decision

_SIGNS = "\\`*_{}[]<>#|"


def plain(words: object) -> str:
    """One line that means nothing to Markdown or HTML."""
    line = " ".join(str(words).split())
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in line)


def _facts(facts: list[tuple[str, Any]]) -> list[str]:
    return [*(f"- **{plain(name)}:** {plain(words)}" for name, words in facts), ""]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _median_words(median: dict[str, Any]) -> str:
    values = {"median": median["median"], "low": median["low"], "high": median["high"]}
    if median["is_weakest"]:
        return say("median {median:g} ({low} to {high}), weakest", **values)
    return say("median {median:g} ({low} to {high})", **values)


def _decided(one: Decision | ResultDecision | None) -> str:
    """What was decided at a gate, when and by whom."""
    if one is None:
        return say("none yet")
    return say(
        "{outcome}, {decided_at:%Y-%m-%d}, by {decided_by}",
        outcome=one.get_outcome_display(),
        decided_at=one.decided_at,
        decided_by=one.decided_by,
    )


def report_markdown(report: dict[str, Any], chapters: list[Chapter]) -> str:
    """All of it, with the appendix."""
    project, proposal, criterion = report["project"], report["proposal"], report["criterion"]
    version, decision, verdict, says = report["version"], report["decision"], report["verdict"], report["ladder_says"]
    result = report["result_decision"]
    lines = [say("# Vetting report: {project}", project=plain(project)), ""]
    if proposal and proposal.x:
        lines += [say("Given one **{x}**, say **{y}**.", x=plain(proposal.x), y=plain(proposal.y)), ""]
    if report["review_words"]:
        lines += [say("Next review: {when}.", when=plain(report["review_words"])), ""]
    lines += [say("## 1. Five criteria"), ""]
    medians = [
        (
            median["label"],
            _median_words(median),
        )
        for median in report["medians"]
        if median["median"] is not None
    ]
    lines += _facts(medians or [(say("Reviews"), say("none to show here"))])
    lines += [say("## 2. Success criterion"), ""]
    lines += _facts(
        [
            (
                say("Measure"),
                say(
                    "{measure}, {at_least} {level}",
                    measure=report["criterion_says"].measure.title,
                    at_least=report["criterion_says"].at_least,
                    level=report["criterion_level"],
                ),
            ),
            (say("Today and people"), report["criterion_stands"] or say("not recorded")),
            (say("Must also hold"), report["must_hold"] or say("nothing")),
            (say("Margin"), say("{gain} over the best simple model", gain=report["criterion_gain"])),
            (
                say("Locked"),
                say(
                    "{locked_at:%Y-%m-%d %H:%M} UTC by {locked_by}, {results_seen} results seen, "
                    "{amendments} amendments, {fingerprint}",
                    locked_at=criterion.locked_at,
                    locked_by=criterion.locked_by,
                    results_seen=criterion.results_seen,
                    amendments=report["amendments"],
                    fingerprint=criterion.fingerprint[:8],
                ),
            ),
        ]
        if criterion
        else [(say("Criterion"), say("not locked"))]
    )
    lines += [say("## 3. Data and seal"), ""]
    lines += _facts(
        [
            (
                say("Set"),
                say("{version}, {rows} rows", version=version, rows=text.thousands(version.seal.rows_used)),
            ),
            (say("Split"), version.seal.get_rule_display()),
            *(
                (
                    part["name"],
                    say(
                        "{rows} rows, {fingerprint}",
                        rows=text.thousands(part["rows"]),
                        fingerprint=part["fingerprint"][:8],
                    ),
                )
                for part in report["parts"]
            ),
            (say("Open"), report["open_data"]),
        ]
        if version
        else [(say("Data"), say("none is sealed"))]
    )
    lines += [say("## 4. Ladder"), ""]
    if report["ladder_rows"]:
        lines += [say("| rung | {head} | 95% range |", head=plain(says.head)), "|---|---:|---|"]
        for row in report["ladder_rows"]:
            scored = row["score"] is not None
            span = (
                say("{low} to {high}", low=says.number(row["low"]), high=says.number(row["high"]))
                if scored and row["low"] is not None
                else "–"
            )
            lines.append(
                f"| {plain(row['name'])} | {says.number(row['score']) if scored else plain(row['status_label'])} | {span} |"
            )
        lines.append("")
    else:
        lines += [say("Nothing has been trained."), ""]
    lines += [say("## 5. Looks and test"), ""]
    lines += _facts(
        [
            (
                say("Looks"),
                say(
                    "{looks} spent, wear {bits:.1f} of {budget:g} bits",
                    looks=report["looks"],
                    bits=report["bits"],
                    budget=report["bits_budget"],
                ),
            ),
            *((side["name"], side["words"]) for side in report.get("sides") or []),
            (say("Final"), say("opened once") if report["opening"] else say("not opened")),
        ]
    )
    lines += [say("## 6. Operating point and guard rails"), ""]
    lines += _facts(
        [*report["operating"], *((say("Guard rail"), words) for words in report["guards"])]
        or [(say("Operating point"), say("none kept"))]
    )
    lines += [say("## 7. Verdict and decision"), ""]
    lines += _facts(
        [
            (
                say("Verdict"),
                joined(". ", [verdict.title, verdict.sentence]) if verdict else say("none: the final tier is not open"),
            ),
            (say("Decision"), _decided(decision)),
            (say("Reasons"), decision.reasons if decision else "–"),
            (say("Dissent"), decision.dissent or say("none recorded") if decision else "–"),
            (say("Result"), _decided(result)),
            (say("Reasons"), result.reasons if result else "–"),
        ]
    )
    lines += [
        say(
            "Rules {rules} · dlstart {version} · {address}",
            rules=report["rules_version"],
            version=report["version_number"],
            address=report["live"],
        ),
        "",
    ]
    lines += [say("# Appendix"), ""]
    for chapter in chapters:
        lines += [f"## {plain(chapter.title)}", "", f"{_capital(plain(chapter.source))}.", ""]
        for heading, facts in chapter.sections:
            lines += [f"### {plain(heading)}", "", *_facts(facts)]
    return "\n".join(map(str, lines)).rstrip() + "\n"
