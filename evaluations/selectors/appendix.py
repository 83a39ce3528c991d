"""The appendix of the report: what was recorded, along three sets of headings that others ask for; gaps are said.

Model Card: Mitchell et al. (2019). Datasheet: Gebru et al. (2021). Annex IV: Regulation (EU) 2024/1689. It promises no
compliance: it shows what a file of that kind could be filled with.
"""

from dataclasses import dataclass
from typing import Any

from datasets import catalogue
from datasets.core.datasheet import NOT_RECORDED, QUESTIONS
from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say, say_count
from evaluations.selectors.guards import stands_words
from evaluations.words import speech
from projects import selectors as project_selectors
from projects.core import form
from projects.core.rails import Rail
from projects.models import Criterion, Project, User

Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Chapter:
    """Headings of one kind with what is recorded under each."""

    title: str
    source: str
    sections: list[tuple[str, Facts]]

    @property
    def gaps(self) -> int:
        return sum(words == NOT_RECORDED for _, facts in self.sections for _, words in facts)


def appendix(project: Project, user: User, report: dict[str, Any]) -> list[Chapter]:
    """All chapters; `report` is what stands on the one page."""
    told = _Told(project, user, report)
    return [
        Chapter(say("In full"), say("what the one page had no room for"), told.whole()),
        Chapter(say("Model Card"), say("Mitchell et al. 2019"), told.model_card()),
        Chapter(say("Datasheet"), say("Gebru et al. 2021"), told.datasheet()),
        Chapter(
            say("Technical documentation"),
            say("headings of Annex IV, Regulation (EU) 2024/1689; no promise of compliance"),
            told.annex(),
        ),
    ]


def _facts(*facts: tuple[str, Any]) -> Facts:
    said = [(name, words if isinstance(words, str) or words is None else str(words)) for name, words in facts]
    return [(name, words if words and words.strip() else NOT_RECORDED) for name, words in said]


def _part_words(part: dict[str, Any]) -> str:
    return say("{part:small} {rows}", part=part["name"], rows=text.thousands(part["rows"]))


def _cell_words(label: str, words: str) -> str:
    return say("{label:small}: {words}", label=label, words=words or say("gap"))


def _criterion_words(one: Criterion) -> str:
    says = speech(one.metric)
    asked = say(
        "{measure}, {at_least} {level}",
        measure=says.measure.title,
        at_least=says.at_least,
        level=says.number(one.level),
    )
    return joined(". ", filter(None, [joined(", ", filter(None, [asked, stands_words(one)])), one.reason]))


class _Told:
    """What was recorded, by what one asks for."""

    def __init__(self, project: Project, user: User, report: dict[str, Any]) -> None:
        self.project, self.user, self.report = project, user, report
        proposal = report["proposal"]
        self.proposal = proposal
        self.replies = project_selectors.replies_of(proposal) if proposal else {}
        self.rails: list[Rail] = report["rails"]
        self.version = report["version"]

    def answer(self, question: str) -> str:
        reply = self.replies.get(question)
        return reply.text.strip() if reply else ""

    def ask(self, *questions: str) -> Facts:
        return _facts(*((form.QUESTIONS[key].label, self.answer(key)) for key in questions))

    def extras(self) -> list[tuple[str, Facts]]:
        """What the organisation asks beside the 25, where it asks anything."""
        asked = project_selectors.form_of(self.proposal).questions.values() if self.proposal else ()
        facts = _facts(*((one.label, self.answer(one.id)) for one in asked if one.is_extra))
        return [(say("Extra questions"), facts)] if facts else []

    def rubric(self) -> list[tuple[str, Facts]]:
        """What each score means, by the rules that the version is judged by."""
        if not self.proposal:
            return []
        rules = project_selectors.rules_of(self.proposal)
        means = [
            (
                c.label,
                joined("; ", (joined(" ", [str(score), words]) for score, words in enumerate(c.anchors, start=1))),
            )
            for c in rules.criteria
        ]
        return [(say("What the scores mean, version {number} of the rules", number=rules.number), _facts(*means))]

    # ---- in full

    def whole(self) -> list[tuple[str, Facts]]:
        report = self.report
        criteria = [
            (
                say(
                    "Criterion {number}, locked {locked_at:%Y-%m-%d %H:%M} UTC",
                    number=one.number,
                    locked_at=one.locked_at,
                ),
                _criterion_words(one),
            )
            for one in self.project.criteria.exclude(locked_at=None).order_by("number")
        ]
        rails = [
            (rail.wrong or "–", joined("; ", (_cell_words(*cell) for cell in rail.cells[1:]))) for rail in self.rails
        ]
        sums = [(one.name, f"{one.how} = {one.words}") for one in report["sums"]]
        cut = [
            (one.title, [(fact.name, fact.words) for fact in one.facts if fact.is_cut]) for one in report["sections"]
        ]
        return [
            *self.rubric(),
            *((title, facts) for title, facts in cut if facts),
            (say("Success criterion and its amendments"), _facts(*criteria)),
            (say("Payoff, as sums"), _facts(*sums)),
            (say("Guard rails"), _facts(*rails)),
            *self.extras(),
        ]

    # ---- model card

    def model_card(self) -> list[tuple[str, Facts]]:
        report = self.report
        sides = joined("; ", (joined(": ", [side["name"], side["words"]]) for side in report.get("sides") or []))
        return [
            (
                say("Model details"),
                _facts(
                    (say("Rungs"), joined(", ", (row["name"] for row in report["ladder_rows"]))),
                    (say("Made with"), say("dlstart {version}", version=report["version_number"])),
                    (say("Licence"), ""),
                ),
            ),
            (say("Intended use"), self.ask("G1", "G2", "R1")),
            (say("Factors"), self.ask("D4", "R2")),
            (
                say("Metrics"),
                _facts(
                    (say("Measure"), report["criterion_says"].measure.title if report["criterion"] else ""),
                    (say("Level asked for"), report["criterion_level"]),
                    (say("Operating point"), joined("; ", (joined(": ", fact) for fact in report["operating"]))),
                ),
            ),
            (
                say("Evaluation data"),
                _facts(
                    (say("Set"), self.version),
                    (
                        say("Rows, by part"),
                        joined(", ", (_part_words(part) for part in report["parts"])),
                    ),
                ),
            ),
            (say("Training data"), self.ask("D1", "D2", "D3")),
            (
                say("Quantitative analyses"),
                _facts(
                    (say("On the sealed final rows"), sides),
                    (say("Verdict"), report["verdict"].sentence if report["verdict"] else ""),
                ),
            ),
            (say("Ethical considerations"), self.ask("G4", "D5")),
            (
                say("Caveats and recommendations"),
                [
                    *self.ask("T1", "T2", "T3"),
                    *_facts((say("Energy and emissions"), ""), (say("Tests on groups of people"), "")),
                ],
            ),
        ]

    # ---- datasheet

    def datasheet(self) -> list[tuple[str, Facts]]:
        dataset = self.version.dataset if self.version else None
        if dataset is None:
            return [(say("No data is sealed"), _facts(*((question.label, "") for question in QUESTIONS.values())))]
        if not catalogue.entries_for(self.user).filter(pk=dataset.pk).exists():
            return [
                (say("Not in the catalogue for you"), _facts((say("Datasheet"), say("its keepers show it to others"))))
            ]
        replies = catalogue.sheet_replies(catalogue.sheet_answers(dataset))
        facts = []
        for name, question in QUESTIONS.items():
            reply = replies[name]
            parts = (reply.text, question.choices.get(reply.choice, ""), f"{reply.day:%Y-%m-%d}" if reply.day else "")
            facts.append((question.label, joined("; ", [part for part in parts if part])))
        return [(str(dataset), _facts(*facts))]

    # ---- Annex IV

    def annex(self) -> list[tuple[str, Facts]]:
        report = self.report
        verdict = report["verdict"]
        looks = say_count(
            report["looks"], "{count} look, {bits:.1f} bits of wear", "{count} looks, {bits:.1f} bits of wear",
            bits=report["bits"],
        )  # fmt: skip
        planned = joined("; ", (joined(": ", [rail.wrong, rail.rail or say("gap")]) for rail in self.rails))
        return [
            (
                say("1. General description"),
                [
                    *_facts(
                        (say("Intended purpose"), self.answer("G1")),
                        (say("Provider"), report["team"]),
                        (say("Version"), self.proposal.number if self.proposal else ""),
                    ),
                    *self.ask("G2", "G4"),
                ],
            ),
            (
                say("2. Elements and process of development"),
                _facts(
                    (
                        say("Steps of development"),
                        say(
                            "proposal, review, seal, ladder; rules {version}",
                            version=report["rules_version"],
                        ),
                    ),
                    (say("Design choices"), self.answer("F5")),
                    (say("Data: origin and labels"), self.answer("D2")),
                    (say("Data: gaps to real use"), self.answer("D4")),
                    (say("Human oversight"), self.answer("T2")),
                    (say("Validation and testing"), looks),
                    (say("Cybersecurity measures"), ""),
                ),
            ),
            (
                say("3. Monitoring, functioning and control"),
                _facts(
                    (say("Expected level"), report["criterion_level"]),
                    (say("Foreseeable unintended outcomes"), self.answer("T1")),
                    (say("Input data specifications"), self.proposal.row_means if self.proposal else ""),
                ),
            ),
            (
                say("4. Appropriateness of the performance metrics"),
                _facts(
                    (say("Why this level"), self.answer("F4")), (say("Verdict"), verdict.sentence if verdict else "")
                ),
            ),
            (
                say("5. Risk management system"),
                _facts(
                    (say("Guard rails"), planned or self.answer("T3")),
                    (say("Errors accepted, and by whom"), self.answer("T4")),
                ),
            ),
            (
                say("6. Changes through the lifecycle"),
                _facts(
                    (say("What would break it"), self.answer("R2")),
                    (say("Amendments of the criterion"), max(report["amendments"], 0)),
                ),
            ),
            (say("7. Harmonised standards applied"), _facts((say("List"), ""))),
            (say("8. EU declaration of conformity"), _facts((say("Copy"), ""))),
            (say("9. Post-market monitoring plan"), _facts((say("Plan"), ""))),
        ]
