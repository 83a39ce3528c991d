"""The report as Markdown: the same facts in the same order as the page, and the appendix."""

from dlstart_web.kit.say import say
from evaluations.selectors.appendix import Chapter
from evaluations.selectors.report_facts import Section

_SIGNS = "\\`*_{}[]<>#|"


def plain(words: object) -> str:
    """One line that means nothing to Markdown or HTML."""
    line = " ".join(str(words).split())
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in line)


def _facts(facts: list[tuple[str, str]]) -> list[str]:
    return [*(f"- **{plain(name)}:** {plain(words)}" for name, words in facts), ""]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def report_markdown(sections: list[Section], chapters: list[Chapter]) -> str:
    """All of it, with the appendix."""
    head, *others = sections
    lines = [say("# Vetting report: {project}", project=plain(head.title)), ""]
    lines += _facts([(fact.name, fact.words) for fact in head.facts])
    for section in others:
        lines += [f"## {plain(section.title)}", ""]
        if section.beside:
            lines += [f"{_capital(plain(section.beside))}.", ""]
        lines += _facts([(fact.name, fact.words) for fact in section.facts])
    lines += [say("# Appendix"), ""]
    for chapter in chapters:
        lines += [f"## {plain(chapter.title)}", "", f"{_capital(plain(chapter.source))}.", ""]
        for heading, facts in chapter.sections:
            lines += [f"### {plain(heading)}", "", *_facts(facts)]
    return "\n".join(map(str, lines)).rstrip() + "\n"
