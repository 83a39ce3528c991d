"""Plain functions that make what tests need, through the same services as the pages."""

import io
import zipfile
from itertools import count
from random import Random

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from datasets import ingestion
from datasets import services as dataset_services
from datasets.models import Dataset, DatasetVersion, FreshDeposit, Ingestion, Lineage, Seal
from dlstart_web.kit.jobs import JobState
from evaluations import forecasting, handing_in, inspecting, predicting, scoring, spreading, training
from evaluations import services as evaluation_services
from evaluations.models import (
    BestAgain,
    Forecast,
    Inspection,
    Ladder,
    Prediction,
    PredictionsFile,
    Run,
    Spread,
    Submission,
)
from projects import selectors, services
from projects.core.criteria import KEYS
from projects.models import Answer, Membership, Project, Proposal, Review, Team, User

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(name: str = "", **fields) -> User:
    """A person; the address is made of the name. Signing in by `client.force_login` needs no password."""
    name = name or f"person{next(_numbers)}"
    return User.objects.create_user(
        fields.pop("email", f"{name.lower().replace(' ', '.')}@example.org"),
        fields.pop("password", None),
        name=name,
        **fields,
    )


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
    """Answer what is open, with three whole pairs."""
    answered = set(proposal.answers.exclude(text="").values_list("question", flat=True))
    Answer.objects.bulk_create(
        Answer(proposal=proposal, question=question.id, text=f"{question.id}: {text}", revision=1, edited_by=user)
        for question in selectors.form_of(proposal).questions.values()
        if question.kind != "mapping" and question.id not in answered
    )
    proposal.refresh_from_db()
    pairs = [("photo 1", "yes", False), ("photo 2", "no", False), ("a glass with a handle", "no", True)]
    values = {"x": "photo", "x_kind": "picture", "y": "is it a mug?", "y_kind": "yes_no"}
    return services.save_mapping(proposal=proposal, revision=proposal.mapping_revision, values=values, pairs=pairs)


def make_proposal(
    team: Team | None = None, *, submitted: bool = False, project: Project | None = None, **fields
) -> Proposal:
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


def make_review(
    proposal: Proposal, reviewer: User | None = None, *, scores: tuple[int, ...] | None = None, text: str = "because"
) -> Review:
    """An invitation to review; with five scores, the submitted review."""
    if proposal.project.handler is None:
        make_handler(proposal)
    review = services.assign_reviewer(proposal=proposal, reviewer=reviewer or make_user(), by=proposal.project.handler)
    if scores is not None:
        values = {key: (score, text) for key, score in zip(KEYS, scores, strict=True)}
        services.save_review(
            review=review, revision=0, scores=values, confidence=2, strength=text, worry=text, change_mind=text
        )
        review = services.submit_review(review=review)
    proposal.refresh_from_db()
    return review


def make_approved_project(team: Team | None = None, *, reviews: int = 1, **fields) -> Project:
    """A project past its review: reviews are in and the handler said go."""
    proposal = make_proposal(team, submitted=True, **fields)
    handler = make_handler(proposal)
    for _ in range(reviews):
        make_review(proposal, scores=(4, 4, 4, 4, 4))
    services.make_decision(proposal=proposal, user=handler, outcome="go", reasons="The labels are there.")
    return Project.objects.get(pk=proposal.project_id)


# --- data sets --------------------------------------------------------------------------------------------------------


def make_csv(rows: int = 300, *, seed: int = 0, name: str = "mugs.csv") -> SimpleUploadedFile:
    """A yes-or-no table: width, height, colour, belt; `mug` follows width and height, with noise."""
    random = Random(seed)
    lines = ["width,height,colour,belt,mug"]
    for _ in range(rows):
        width, height = random.gauss(8, 2), random.gauss(10, 2)
        mug = "yes" if width + height + random.gauss(0, 1.5) > 18 else "no"
        lines.append(
            f"{width:.6f},{height:.6f},{random.choice(('white', 'blue', 'red'))},belt {random.randrange(40)},{mug}"
        )
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def make_bars(rows: int = 300, *, side: int = 16) -> SimpleUploadedFile:
    """A ZIP of noisy pictures with a bar, upright or lying: a folder a class."""
    random, content = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(rows):
            pixels = random.integers(0, 120, (side, side), dtype=np.uint8)
            place, is_upright = random.integers(side - 4), number % 2 == 0
            pixels[(slice(None), slice(place, place + 4)) if is_upright else slice(place, place + 4)] += 90
            Image.fromarray(pixels).save(file := io.BytesIO(), "PNG")
            archive.writestr(f"{'upright' if is_upright else 'lying'}/{number}.png", file.getvalue())
    return SimpleUploadedFile("bars.zip", content.getvalue())


def make_notes(rows: int = 400) -> SimpleUploadedFile:
    """A table of one free text and its kind."""
    random = Random(0)
    lines = ["note,kind"]
    for row in range(rows):
        ground = " ".join(random.choice(("it", "was", "there", "on", "monday", "again")) for _ in range(6))
        kind = random.choice(("thanks", "complaint"))
        said = "works as it should" if kind == "thanks" else "broke after a day"
        lines.append(f"{ground} and {said if random.random() < 0.9 else 'came'} {row},{kind}")
    return SimpleUploadedFile("notes.csv", "\n".join(lines).encode())


def do_ingestions() -> None:
    """What a worker would do now: every ingestion that waits."""
    while job := Ingestion.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        ingestion.execute(str(job.pk), str(job.token))


def make_version(
    project: Project | None = None,
    *,
    user: User | None = None,
    file: SimpleUploadedFile | None = None,
    rows: int = 300,
    target: str = "mug",
    dataset: Dataset | None = None,
    meets: str = "same",
    secret: bytes | None = None,
    **choices,
) -> DatasetVersion:
    """An upload that was read; with its target (none if "") chosen and checked, and a split by chance or as `meets` says."""
    project = project or make_project()
    user = user or project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    version = dataset_services.accept_upload(
        project=project, user=user, file=file or make_csv(rows), dataset=dataset, secret=secret
    )
    do_ingestions()
    if target:
        dataset_services.choose_target(version=version, user=user, target=target, **choices)
        do_ingestions()
        version = dataset_services.choose_split(version=version, user=user, meets=meets)
        do_ingestions()
    version.refresh_from_db()
    return version


def make_sealed_version(
    project: Project | None = None, *, metric: str = "accuracy", before_seal=lambda version: None, **options
) -> DatasetVersion:
    """A sealed version; outside a sandbox the criterion is locked first and a steward seals."""
    project = project or make_approved_project()
    owner = project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    if not project.is_sandbox and not project.criteria.exists():
        services.lock_criterion(
            project=project, user=owner, metric=metric, level=0.8, smallest_difference=0.02, reason="", results_seen=0
        )
    version = make_version(project, **options)
    before_seal(version)
    version.refresh_from_db()
    steward = owner if project.is_sandbox else make_user(is_steward=True)
    dataset_services.seal_version(version=version, user=steward)
    do_ingestions()
    return DatasetVersion.objects.select_related("dataset__project__team", "dataset__lineage", "seal").get(
        pk=version.pk
    )


def make_entry(
    project: Project | None = None,
    *,
    name: str = "belt",
    columns: dict[str, str] | None = None,
    target: str = "mug",
    is_sealed: bool = True,
    **fields,
) -> Dataset:
    """A data set with one version as rows of the database alone, for what asks only these: no file, no worker."""
    project = project or make_project()
    owner = project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    dataset = Dataset.objects.create(
        lineage=Lineage.objects.create(), project=project, name=name, created_by=owner, **fields
    )
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=1,
        state=DatasetVersion.State.SEALED if is_sealed else DatasetVersion.State.READY,
        file_name=f"{name}.csv",
        bytes=1000,
        sha256="ab" * 32,
        uploaded_by=owner,
        rows_read=1000,
        columns=[{"name": n, "kind": k} for n, k in (columns or {"width": "number", "mug": "category"}).items()],
        target=target,
        task=DatasetVersion.Task.BINARY if target else "",
        rule=DatasetVersion.Rule.RANDOM,
    )
    if is_sealed:
        Seal.objects.create(
            version=version,
            sealed_by=owner,
            rule=version.rule,
            rows_used=1000,
            parts={"train": 600, "validation": 200, "checkpoint": 0, "final": 200},
            classes={"no": {"train": 400, "validation": 100, "checkpoint": 0, "final": 100}},
            fingerprints={"train": "cd" * 32, "validation": "ef" * 32, "final": "01" * 32},
            features=version.columns[:-1],
            is_pooled=True,
        )
    return dataset


# --- evaluations ------------------------------------------------------------------------------------------------------


def make_ladder(version: DatasetVersion | None = None, **options) -> Ladder:
    """A ladder of a sealed version, queued by the owner of its team."""
    version = version or make_sealed_version()
    project = version.dataset.project
    owner = project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    return evaluation_services.run_ladder(project=project, version=version, user=owner, **options)


def do_runs() -> None:
    """What a worker would do now: every run that waits, the lowest rung first."""
    while run := Run.objects.filter(state=JobState.QUEUED).order_by("queued_at", "rung").first():
        training.execute(run_id=str(run.pk), token=str(run.token))


def do_forecasts() -> None:
    """What a worker would do now: every forecast that waits."""
    while asked := Forecast.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        forecasting.execute(forecast_id=str(asked.pk), token=str(asked.token))


def do_spreads() -> None:
    """What a worker would do now: every run with other seeds that waits."""
    while asked := Spread.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        spreading.execute(spread_id=str(asked.pk), token=str(asked.token))


def do_inspections() -> None:
    """What a worker would do now: every inspection that waits."""
    while asked := Inspection.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        inspecting.execute(inspection_id=str(asked.pk), token=str(asked.token))


def do_predictions() -> None:
    """What a worker would do now: every prediction that waits."""
    while asked := Prediction.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        predicting.execute(prediction_id=str(asked.pk), token=str(asked.token))


def do_files() -> None:
    """What a worker would do now: every file of predictions that waits."""
    while file := PredictionsFile.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        handing_in.execute(file_id=str(file.pk), token=str(file.token))


def do_deposits() -> None:
    """What a worker would do now: every file of a fresh set that waits."""
    while job := FreshDeposit.objects.filter(state=JobState.QUEUED).first():
        ingestion.deposit(str(job.pk), str(job.token))


def do_submissions() -> None:
    """What a worker would do now: every submission, and every best handed in again, that waits for the scorer."""
    while submission := Submission.objects.filter(state=JobState.QUEUED).order_by("queued_at").first():
        scoring.execute(submission_id=str(submission.pk), token=str(submission.token))
    for asked in BestAgain.objects.filter(state=JobState.QUEUED):
        scoring.hand_in_again(job_id=str(asked.pk), token=str(asked.token))


def make_done_ladder(version: DatasetVersion | None = None, **options) -> Ladder:
    """A ladder that was really climbed."""
    ladder = make_ladder(version, **options)
    do_runs()
    return ladder
