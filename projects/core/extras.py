"""The questions that an organisation asks beside the 25, in versions. A question's words belong to its id for good."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dlstart_web.kit.say import say
from projects.core.errors import ProjectProblem
from projects.core.form import BUILT_IN, SECTIONS, Form, Question

MOST = 10
LABEL_AT_MOST = 200
HELP_AT_MOST = 300


@dataclass(frozen=True)
class Extra:
    """One question, as it stands at the end of a section. `id` is X1, X2, ..., or "" before it has one."""

    id: str
    label: str
    help: str
    section: str
    required: bool

    @property
    def section_label(self) -> str:
        return BUILT_IN.by_key[self.section].label


@dataclass(frozen=True)
class Extras:
    """One version of the list. A version of a proposal keeps the list it was begun with."""

    number: int = 1
    questions: tuple[Extra, ...] = ()

    @cached_property
    def form(self) -> Form:
        """The 25 questions and these."""
        return Form(
            tuple(
                replace(
                    section,
                    questions=section.questions
                    + tuple(
                        Question(one.id, one.label, one.help, required=one.required)
                        for one in self.questions
                        if one.section == section.key
                    ),
                )
                for section in SECTIONS
            )
        )

    def changes_from(self, before: "Extras") -> list[str]:
        """What is different, one sentence each."""
        old, new = ({one.id: one for one in version.questions} for version in (before, self))
        said: list[str] = [
            say("{id} is no longer asked: “{label}”", id=one.id, label=one.label)
            for one in before.questions
            if one.id not in new
        ]
        for one in self.questions:
            was = old.get(one.id)
            if was is None:
                said.append(say("{id} is new: “{label}”", id=one.id, label=one.label))
                continue
            if was.section != one.section:
                said.append(say("{id} stands in {section} now.", id=one.id, section=one.section_label))
            if was.required != one.required:
                said.append(
                    say("{id} is needed to submit now.", id=one.id)
                    if one.required
                    else say("{id} is optional now.", id=one.id)
                )
            if was.help != one.help:
                said.append(say("{id} has another hint: “{hint}”", id=one.id, hint=one.help))
        order = [one.id for one in self.questions if one.id in old]
        if order != [one.id for one in before.questions if one.id in new]:
            said.append(say("They are asked in the order {ids} now.", ids=", ".join(order)))
        return said


def next_version(before: Extras, wanted: Sequence[Extra], last_id: int) -> Extras:
    """The wanted questions as the version after `before`, or ProjectProblem with what stands in its way.

    A question that is asked already keeps its id as long as its words stay; all else gets one that was never used:
    `last_id` is the number of the last.
    """
    asked = {one.id: one.label for one in before.questions}
    questions: list[Extra] = []
    for given in wanted:
        one = replace(given, label=" ".join(given.label.split()), help=" ".join(given.help.split()))
        if asked.get(one.id) != one.label:
            last_id += 1
            one = replace(one, id=f"X{last_id}")
        questions.append(one)
    return _checked(Extras(before.number + 1, tuple(questions)))


def _checked(extras: Extras) -> Extras:
    if len(extras.questions) > MOST:
        raise ProjectProblem(
            say("{found} extra questions; at most {most} are asked.", found=len(extras.questions), most=MOST)
        )
    seen: set[str] = set()
    for one in extras.questions:
        if not one.label:
            raise ProjectProblem(say("A question has no words. Write them, or leave the question out."))
        for words, most in ((one.label, LABEL_AT_MOST), (one.help, HELP_AT_MOST)):
            if len(words) > most:
                raise ProjectProblem(
                    say(
                        "“{start}…” has {found} characters; at most {most} are kept. Shorten it.",
                        start=words[:30],
                        found=len(words),
                        most=most,
                    )
                )
        if one.section not in BUILT_IN.by_key:
            raise ProjectProblem(say("There is no section {section}.", section=one.section))
        if one.label.casefold() in seen:
            raise ProjectProblem(say("“{label}” is asked twice. Leave one out.", label=one.label))
        seen.add(one.label.casefold())
    return extras
