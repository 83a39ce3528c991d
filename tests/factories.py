"""Plain functions that make what tests need, through the same services as the pages."""

from itertools import count

from projects import services
from projects.core import form
from projects.core.criteria import KEYS
from projects.models import Membership, Project, Proposal, Review, Team, User

PASSWORD = "correct horse battery"  # noqa: S105
_numbers = count(1)


def make_user(name: str = "", **fields) -> User:
    """A person; the address is made of the name. Signing in by `client.force_login` needs no password."""
    name = name or f"person{next(_numbers)}"
    return User.objects.create_user(fields.pop("email", f"{name.lower().replace(' ', '.')}@example.org"), fields.pop("password", None), name=name, **fields)


def make_team(owner: User | None = None, *members: User, name: str = "") -> Team:
    """A team of its owner and members."""
    team = services.create_team(user=owner or make_user(), name=name or f"Team {next(_numbers)}")
    for member in members:
        services.join_team(team=team, user=member)
    return team


def make_project(team: Team | None = None, *, name: str = "Mug finder", user: User | None = None, **fields) -> Project:
    """A project with an empty draft, made by the team's owner."""
    team = team or make_team()
    owner = user or team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    return services.create_project(user=owner, team=team, name=name, **fields)


def fill_proposal(proposal: Proposal, user: User, text: str = "An answer.") -> Proposal:
    """Answer everything, with three whole pairs."""
    for question in form.QUESTIONS.values():
        if question.kind != "mapping":
            current = proposal.answers.filter(question=question.id).first()
            services.save_answer(proposal=proposal, user=user, question=question.id, text=f"{question.id}: {text}", revision=current.revision if current else 0)
    proposal.refresh_from_db()
    pairs = [("photo 1", "yes", False), ("photo 2", "no", False), ("a glass with a handle", "no", True)]
    values = {"x": "photo", "x_kind": "picture", "y": "is it a mug?", "y_kind": "yes_no"}
    return services.save_mapping(proposal=proposal, revision=proposal.mapping_revision, values=values, pairs=pairs)


def make_proposal(team: Team | None = None, *, submitted: bool = False, project: Project | None = None, **fields) -> Proposal:
    """A whole proposal: a draft, or submitted by the team's owner."""
    project = project or make_project(team, **fields)
    owner = project.team.memberships.filter(role=Membership.Role.OWNER, left_at=None).first().user
    proposal = fill_proposal(project.proposals.get(), owner)
    return services.submit_proposal(proposal=proposal, user=owner) if submitted else proposal


def make_handler(proposal: Proposal, handler: User | None = None) -> User:
    """Name a handler for the proposal's project."""
    administrator = User.objects.filter(is_administrator=True).first() or make_user(is_administrator=True)
    handler = handler or make_user()
    services.assign_handler(project=proposal.project, handler=handler, by=administrator)
    proposal.project.refresh_from_db()
    return handler


def make_review(proposal: Proposal, reviewer: User | None = None, *, scores: tuple[int, ...] | None = None, text: str = "because") -> Review:
    """An invitation to review; with five scores, the submitted review."""
    if proposal.project.handler is None:
        make_handler(proposal)
    review = services.assign_reviewer(proposal=proposal, reviewer=reviewer or make_user(), by=proposal.project.handler)
    if scores is not None:
        values = {key: (score, text) for key, score in zip(KEYS, scores, strict=True)}
        services.save_review(review=review, revision=0, scores=values, confidence=2, strength=text, worry=text, change_mind=text)
        review = services.submit_review(review=review)
    proposal.refresh_from_db()
    return review


def make_approved_project(team: Team | None = None, **fields) -> Project:
    """A project past its review: three reviews are in and the handler said go."""
    proposal = make_proposal(team, submitted=True, **fields)
    handler = make_handler(proposal)
    for _ in range(3):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="The labels are there.")
    return Project.objects.get(pk=proposal.project_id)
