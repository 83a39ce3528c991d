"""An organisation with something at every step, for the tests that walk all pages as everybody."""

from dataclasses import dataclass, field
from random import Random

import pyarrow.parquet as pq
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets import services as dataset_services
from datasets import store
from datasets.models import DatasetVersion
from evaluations import services as evaluation_services
from evaluations.models import Ladder
from projects import services
from projects.core.extras import Extra
from projects.models import Project, User
from tests.factories import (
    PASSWORD,
    do_deposits,
    do_predictions,
    do_submissions,
    fill_proposal,
    make_done_ladder,
    make_handler,
    make_project,
    make_review,
    make_sealed_version,
    make_team,
    make_user,
    make_version,
)

# What only some may read: planted here, searched for in every answer.
HIDDEN_REVIEW = "planted in a review of others"
OTHER_DRAFT = "planted in a draft of the other team"
QUICK = ("always_same", "linear")


@dataclass
class World:
    """Private projects of one team: `idea` in review, `result` with a look spent, `judged` with its verdict."""

    people: dict[str, User]
    idea: Project
    result: Project
    judged: Project
    ready: DatasetVersion
    sealed: DatasetVersion
    ladder: Ladder
    values: dict[str, object] = field(default_factory=dict)  # of the parts of addresses

    @property
    def sealed_labels(self) -> set[str]:
        """Labels of sealed rows of `sealed`, as the file wrote them; each occurs once in it."""
        return self.values["sealed_labels"]


def make_world() -> World:
    """Everybody, everything."""
    offices = {"steward": {"is_steward": True}, "administrator": {"is_administrator": True}}
    names = ("loner", "other", "member", "owner", "reviewer", "handler", *offices)
    people = {name: make_user(name, password=PASSWORD, **offices.get(name, {})) for name in names}
    for person in people.values():  # as sign-up leaves it
        EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    site = Extra("", "At which of our sites?", "The number on the door.", "dataset", True)
    services.change_questions(by=people["administrator"], questions=[site], reason="They differ.", seen=1)
    team = make_team(people["owner"], people["member"], name="Belt team")
    others = make_team(people["other"], name="Other team")

    draft = make_project(others, name="Other idea", user=people["other"])
    fill_proposal(draft.proposals.get(), people["other"], OTHER_DRAFT)

    mugs = make_project(team, name="Mug finder", user=people["owner"], is_private=True)
    attached = services.attach_file(
        proposal=mugs.proposals.get(),
        user=people["owner"],
        name="belt.txt",
        file=SimpleUploadedFile("belt.txt", b"A belt."),
    )
    comment = services.write_comment(proposal=mugs.proposals.get(), user=people["member"], text="Which belt?")
    idea = submitted(mugs, people)
    colleagues = make_user("Colleague One"), make_user("Colleague Two")
    for colleague in colleagues:
        make_review(idea.proposals.get(), colleague, scores=(2, 3, 4, 3, 2), text=HIDDEN_REVIEW)
    waiting = make_review(idea.proposals.get(), people["reviewer"])
    services.save_pending_decision(
        proposal=idea.proposals.get(), user=people["handler"], outcome="go", reasons=HIDDEN_REVIEW, letter=True
    )
    question = services.ask_team(proposal=idea.proposals.get(), user=people["reviewer"], text="Which camera?")
    ready = make_version(idea, user=people["owner"], file=weights(seed=1), target="weight")

    result = approved(make_project(team, name="Weigher", user=people["owner"], is_private=True), people)
    ladder = climbed(result, seed=2)
    look(result, ladder, people["owner"])
    judged = approved(make_project(team, name="Judge", user=people["owner"], is_private=True), people)
    decided = climbed(judged, seed=3)
    opening = evaluation_services.ask_opening(
        project=judged, user=people["owner"], simple=decided.runs.get(recipe="linear"), deep=None
    )
    evaluation_services.agree_opening(opening=opening, user=people["handler"])
    do_submissions()

    fresh = dataset_services.deposit_fresh(
        project=result, user=people["steward"], file=weights(seed=4), origin="Weighed a year later."
    )
    do_deposits()
    fresh.refresh_from_db()

    upload = dataset_services.create_upload(project=idea, user=people["owner"], file_name="more.csv", size=1000)
    token, _ = services.create_token(user=people["owner"])
    invitation, secret = services.create_invitation(by=people["owner"], team=team)
    membership = team.memberships.get(user=people["member"])
    asked = dataset_services.ask_access(
        dataset=ready.dataset, team=others, user=people["other"], purpose="To weigh our own things."
    )
    wanted = dataset_services.want_data(user=people["other"], title="Photos of the new belt")
    values: dict[str, object] = {
        "team": team.slug,
        "request": asked.pk,
        "attachment": attached.pk,
        "comment": comment.pk,
        "wanted": wanted.pk,
        "idea": services.write_idea(user=people["other"], x="photo", y="is it a mug?").pk,
        "invitation": invitation.pk,
        "secret": secret,
        "membership": membership.pk,
        "token": token.token_key,
        "question": question.pk,
        "review": waiting.pk,
        "finding": ready.findings.order_by("pk").first().pk,
        "merge": ready.merges.create(label="9", spellings=["9.0"], merged_by=people["owner"]).pk,
        "proposal": idea.proposals.get().pk,
        "dataset": ready.dataset_id,
        "upload": upload.pk,
        "run": ladder.runs.get(recipe="linear").pk,
        "fresh": fresh.test_set_id,
        "deposit": fresh.pk,
        "opening": opening.pk,
        "file": handed_in(result, people["owner"]),
        "prediction": predicted(result, ladder, people["owner"]),
        "sealed_labels": sealed_labels_of(ladder.version, seed=2),
    }
    return World(people, idea, result, judged, ready, ladder.version, ladder, values)


def submitted(project: Project, people: dict[str, User]) -> Project:
    """Its proposal is written and handed in, and its handler named."""
    proposal = fill_proposal(project.proposals.get(), people["owner"])
    services.submit_proposal(proposal=proposal, user=people["owner"])
    make_handler(project.proposals.get(), people["handler"])
    project.refresh_from_db()
    return project


def approved(project: Project, people: dict[str, User]) -> Project:
    """One review is in and the handler said go."""
    proposal = submitted(project, people).proposals.get()
    make_review(proposal, people["reviewer"], scores=(4, 4, 4, 4, 4), text="Written by the reviewer.")
    services.make_decision(proposal=proposal, user=people["handler"], outcome="go", reasons="The labels are there.")
    return Project.objects.get(pk=project.pk)


def climbed(project: Project, *, seed: int) -> Ladder:
    """Data sealed, two rungs run."""
    version = make_sealed_version(project, metric="rmse", file=weights(seed=seed), target="weight")
    return make_done_ladder(version, only=QUICK)


def look(project: Project, ladder: Ladder, user: User) -> None:
    """One look, spent and answered."""
    run = ladder.runs.get(recipe="linear")
    evaluation_services.spend_look(
        project=project, user=user, run=run, idempotency_key="first", reason="The ladder is done."
    )
    do_submissions()


def predicted(project: Project, ladder: Ladder, user: User) -> object:
    """New rows, predicted."""
    file = SimpleUploadedFile("new.csv", b"item,width,colour\nnew-1,7.5,red\n")
    job = evaluation_services.ask_prediction(
        project=project, run=ladder.runs.get(recipe="linear"), file=file, user=user
    )
    do_predictions()
    return job.pk


def handed_in(project: Project, user: User) -> object:
    """A file of predictions that waits for its check."""
    file = SimpleUploadedFile("preds.csv", b"id,prediction\n0123456789abcdef,1\n")
    return evaluation_services.hand_in_predictions(project=project, user=user, file=file).pk


def rows(seed: int) -> list[tuple[str, str, str, str]]:
    """Number, width, colour and weight of 300 things; no two weigh the same."""
    random = Random(seed)
    made = []
    for number in range(300):
        width = random.gauss(8, 2)
        colour = random.choice(("white", "blue", "red"))
        made.append((f"item-{number:04}", f"{width:.6f}", colour, f"{3 * width + random.gauss(0, 5):.6f}"))
    return made


def weights(*, seed: int) -> SimpleUploadedFile:
    """Those things as a file; the numbers of the things are a finding."""
    lines = ["item,width,colour,weight", *(",".join(row) for row in rows(seed))]
    return SimpleUploadedFile(f"weights-{seed}.csv", "\n".join(lines).encode())


def sealed_labels_of(version: DatasetVersion, *, seed: int) -> set[str]:
    """All labels of the file without those in train and validation."""
    opened = {
        f"{value:.6f}"
        for part in ("train", "validation")
        for value in pq.read_table(store.part_path(version, part))["weight"].to_pylist()
    }
    return {row[3] for row in rows(seed)} - opened
