"""The three gates of a project: the idea, the data, the result; what each needs, and who decides."""

from dataclasses import dataclass

from datasets import selectors as dataset_selectors
from datasets.models import Finding, Opening
from dlstart_web.kit.say import say, say_count
from evaluations.models import ResultDecision, Run, Verdict
from projects import selectors as project_selectors
from projects.core.rules import Rules
from projects.models import APPROVING, Decision, Project, Proposal, User


@dataclass(frozen=True)
class Need:
    """One thing a gate needs. `is_met` is None where this person may not know."""

    words: str
    is_met: bool | None
    page: str = ""  # name of the page where it is done


@dataclass(frozen=True)
class Gate:
    """A point of decision."""

    number: int
    title: str
    who: str
    needs: list[Need]
    passed: str = ""  # what was decided, in words
    status: str = "good"  # of what was decided

    @property
    def is_open(self) -> bool:
        return not self.passed and all(need.is_met is not False for need in self.needs)


def gates_of(project: Project, user: User) -> list[Gate]:
    """The gates as this person may know them."""
    proposal = project_selectors.latest_proposal(user, project)
    decision = Decision.objects.filter(proposal__project=project).order_by("-proposal__number").first()
    approved = decision is not None and decision.outcome in APPROVING
    is_judged = proposal is not None and proposal.state in (Proposal.State.SUBMITTED, Proposal.State.IN_REVIEW)
    board = project_selectors.board_of(user, proposal) if proposal else None
    submitted = proposal is not None and proposal.state not in (Proposal.State.DRAFT, Proposal.State.WITHDRAWN)
    wanted = project_selectors.rules_of(proposal).reviews_wanted if proposal else Rules().reviews_wanted
    reviews = say_count(wanted, "{count} review is in", "{count} reviews are in")
    known = board.profile if board and proposal and (proposal.reviews_opened_at or decision) else None
    enough = None if known is None else known.reviewers >= wanted
    floors = None if known is None else not known.missed_floors
    criterion = project_selectors.current_criterion(project)
    sealed = dataset_selectors.version_sealed_latest(project)
    stops = Finding.objects.filter(version=sealed, severity="stop", kept_reason="").exists() if sealed else False
    trained = Run.objects.filter(project=project, score__isnull=False).exists()
    opened = Opening.objects.filter(project=project, state=Opening.State.SCORED).exists()
    verdict = Verdict.objects.filter(project=project).first()
    result = ResultDecision.objects.filter(project=project).first()
    return [
        Gate(
            1, say("The idea"), say("the handler"),
            [
                Need(say("The proposal is submitted"), submitted, "projects:project_detail"),
                Need(say("A handler without a conflict is named"), project.handler_id is not None, "projects:project_detail"),
                Need(reviews, True if approved and enough is None else enough, "projects:review_overview"),
                Need(say("No floor is missed"), True if approved else floors, "projects:review_overview"),
            ],
            decision.get_outcome_display() if decision and not is_judged else "",
            "good" if approved else "plain",
        ),
        Gate(
            2, say("The data"), say("nobody: it opens when all of it is there"),
            [
                Need(say("The idea was approved"), approved, "projects:review_overview"),
                Need(say("The success criterion is locked"), criterion is not None, "evaluations:criterion"),
                Need(say("The test set is sealed"), sealed is not None, "datasets:project_data"),
                Need(say("No finding says stop"), not stops if sealed else None, "datasets:project_data"),
            ],
            say("The ladder may run") if approved and criterion and sealed and not stops else "",
        ),
        Gate(
            3, say("The result"), say("the handler"),
            [
                Need(say("A rung of the ladder has a score"), trained, "evaluations:ladder"),
                Need(say("The final tier was opened, once"), opened, "evaluations:opening"),
                Need(say("There is a verdict"), verdict is not None, "evaluations:verdict"),
            ],
            result.get_outcome_display() if result else "",
        ),
    ]  # fmt: skip
