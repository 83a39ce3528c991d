"""Who proposes what, and what colleagues think of it."""

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dlstart_web.kit.say import say

TRY_HOURS = 14 * 24  # where the handler names no other number


class UserManager(BaseUserManager["User"]):
    """People are found by their e-mail address, in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. Reviewing is not a role but an assignment; owning is a membership."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    is_administrator = models.BooleanField(default=False)  # limits, users, workers; names handlers
    is_steward = models.BooleanField(default=False)  # data: splits, seals, retires
    is_demo = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10, blank=True)  # of pages and mails; empty: as the browser asks
    department = models.CharField(
        max_length=100, blank=True
    )  # reviewers come from another one, where there is a choice
    keys_on = models.BooleanField(default=True)  # single-letter keyboard shortcuts
    mails_at_once = models.BooleanField(default=True)  # of what is urgent
    digest_hour = models.PositiveSmallIntegerField(null=True, blank=True, default=7)  # in their zone; none: no digest
    digest_on = models.DateField(null=True, blank=True)  # the last day it went out
    joined_at = models.DateTimeField(default=timezone.now)

    AUDITED = ("is_administrator", "is_steward", "is_active")
    AUDIT_MAY_LACK = Q(is_administrator=False, is_steward=False, is_active=True)

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        return False  # there is no framework admin site: it would show what pages hide


class Team(models.Model):
    """People who propose together; looks are counted by team."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100, unique=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team. Leaving sets `left_at`: what the person knows of the team's reviews and looks stays counted."""

    class Role(models.TextChoices):
        OWNER = "owner", say("Owner")
        MEMBER = "member", say("Member")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    AUDITED = ("team_id", "user_id", "role", "joined_at", "left_at")
    AUDIT_MAY_LACK = Q(pk=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team_and_person")]
        ordering = ["role", "joined_at"]


class Invitation(models.Model):
    """A single-use link. Only the hash of its secret is kept; open until used, withdrawn or past `expires_at`."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret in the link
    email = models.EmailField(blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=6, choices=Membership.Role, default=Membership.Role.MEMBER)
    makes_administrator = models.BooleanField(default=False)
    invited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")


class Project(models.Model):
    """An idea on its way: proposal, criterion, data, ladder, looks, verdict. A sandbox skips review and has no looks."""

    class Step(models.IntegerChoices):
        NONE = 0, say("Nothing yet")
        IDEA = 1, say("Idea")
        REVIEW = 2, say("Review")
        TEST_SET = 3, say("Test set")
        SIMPLE = 4, say("Simple models")
        DEEP = 5, say("Deep learning")
        VERDICT = 6, say("Verdict")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=100)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="projects")
    is_sandbox = models.BooleanField(default=False)
    is_private = models.BooleanField(default=False)  # read by the team, the handler and the reviewers only
    is_demo = models.BooleanField(default=False)
    reached = models.PositiveSmallIntegerField(choices=Step, default=Step.NONE)  # the furthest step that is done
    archived_at = models.DateTimeField(null=True, blank=True)  # out of the lists; nothing else changes
    handler = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="handled_projects")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """What success means, settled before any model exists. draft (not locked) -> locked -> amended by the next number.

    Invariant: a locked row is never changed; results carry the version that was in force.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="criteria")
    number = models.PositiveSmallIntegerField(default=1)
    metric = models.CharField(max_length=30)  # a name of evaluations.core.metrics
    level = models.FloatField()  # good enough, in the metric's own unit
    smallest_difference = models.FloatField(default=0.02)  # what deep learning must gain to be worth it
    guards = models.JSONField(default=list, blank=True)  # [{metric, level}]: must hold beside the measure
    slices = models.JSONField(default=list, blank=True)  # [{column, value, level}]: the measure on a part of the rows
    stop_rule = models.CharField(max_length=300, blank=True)  # we stop if ...
    today = models.FloatField(null=True, blank=True)  # what is reached today, in the metric's own unit; None: not said
    people = models.FloatField(null=True, blank=True)  # what skilled people reach
    looks_wanted = models.PositiveSmallIntegerField(null=True, blank=True)  # planned before deciding: no limit
    reason = models.TextField(blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    results_seen = models.PositiveIntegerField(default=0)  # validation results that existed when it was locked
    fingerprint = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_criterion_per_number")]
        ordering = ["number"]


class Proposal(models.Model):
    """One version of a project's form. draft -> submitted -> in_review -> decided; withdrawn from any state before decided.

    Invariant: only a draft changes; a submitted version is frozen and a revision is the next number.
    """

    class State(models.TextChoices):
        DRAFT = "draft", say("Draft")
        SUBMITTED = "submitted", say("Submitted")
        IN_REVIEW = "in_review", say("in review")
        DECIDED = "decided", say("Decided")
        WITHDRAWN = "withdrawn", say("Withdrawn")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="proposals")
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # F1, the X->Y mapping
    x = models.CharField(max_length=200, blank=True)
    x_kind = models.CharField(max_length=20, blank=True)
    y = models.CharField(max_length=200, blank=True)
    y_kind = models.CharField(max_length=20, blank=True)
    row_means = models.CharField(max_length=200, blank=True)
    known_at = models.CharField(max_length=200, blank=True)
    truth_after = models.CharField(max_length=200, blank=True)
    mapping_revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    question_set = models.ForeignKey(  # it was begun with; none: the 25 alone
        "QuestionSet", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    review_rules = models.ForeignKey(  # it was submitted under; none: those built in
        "ReviewRules", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviews_opened_at = models.DateTimeField(
        null=True, blank=True
    )  # all asked-for reviews are in, or a decision was made

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_proposal_per_number")]
        ordering = ["number"]


class Pair(models.Model):
    """A real example of X and its Y; at least one of the three should be hard."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="pairs")
    position = models.PositiveSmallIntegerField()
    x = models.CharField(max_length=200, blank=True)
    y = models.CharField(max_length=200, blank=True)
    is_hard = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "position"], name="one_pair_per_position")]
        ordering = ["position"]


class Answer(models.Model):
    """What a team answered to one question of the form. `revision` grows with each save; a save names the one it saw."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=6)  # an id of the version's form
    text = models.TextField(blank=True, max_length=20_000)
    choice = models.CharField(max_length=20, blank=True)  # tried, expected, unknown
    ticks = models.JSONField(default=list, blank=True)  # T3: the guard rails ticked
    revision = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "question"], name="one_answer_per_question")]


class Review(models.Model):
    """A colleague's judgement of one proposal version.

    invited -> accepted -> drafting -> submitted; or declined, conflict, abstained (read it, and gives no scores), or
    released (the handler waits for it no longer; asked again, it is invited and goes on from its draft).
    Invariant: while it is not submitted its reviewer sees no other review, and nobody else sees it.
    """

    class State(models.TextChoices):
        INVITED = "invited", say("Invited")
        ACCEPTED = "accepted", say("Accepted")
        DRAFTING = "drafting", say("Drafting")
        SUBMITTED = "submitted", say("Submitted")
        DECLINED = "declined", say("Declined")
        CONFLICT = "conflict", say("Conflict")
        ABSTAINED = "abstained", say("Abstained")
        RELEASED = "released", say("Released")

    class Reminder(models.IntegerChoices):
        NONE = 0, say("None")
        BEFORE = 1, say("two days before")
        TODAY = 2, say("on the day")
        HANDLER = 3, say("the handler was told")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=9, choices=State, default=State.INVITED)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 3
    strength = models.TextField(blank=True)
    worry = models.TextField(blank=True)
    change_mind = models.TextField(blank=True)  # what evidence would change my mind: the team's to-do list
    revision = models.PositiveIntegerField(default=0)
    invited_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(null=True, blank=True)
    reminded = models.PositiveSmallIntegerField(choices=Reminder, default=Reminder.NONE)
    skipped_at = models.DateTimeField(null=True, blank=True)  # put back in the queue by the reviewer
    ahead = models.PositiveSmallIntegerField(default=0)  # reviews that were in when this one was asked for
    submitted_at = models.DateTimeField(null=True, blank=True)
    # The last release. It is no event of the log of acts, which administrators in conflict read, too.
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    release_reason = models.TextField(blank=True, max_length=4000)  # as its reviewer reads it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "reviewer"], name="one_review_per_person"),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(1, 3)), name="confidence_1_to_3"
            ),
        ]
        ordering = ["submitted_at", "id"]


class Score(models.Model):
    """1 to 5 on one criterion with its reason; no value means "cannot judge"."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    criterion = models.CharField(max_length=20)  # a key of projects.core.criteria
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    cannot_judge = models.BooleanField(default=False)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="one_score_per_criterion"),
            models.CheckConstraint(condition=Q(value__isnull=True) | Q(value__range=(1, 5)), name="score_1_to_5"),
        ]


class TeamQuestion(models.Model):
    """A question of a reviewer or the handler to the team, and its answer; open to both sides from the start."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="questions")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=4000)
    answer = models.TextField(blank=True, max_length=4000)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at"]


class Decision(models.Model):
    """What the handler decided on a proposal, with reasons. One a version."""

    class Outcome(models.TextChoices):
        GO = "go", say("Go")
        TRY = "try", say("Try it")
        REVISE = "revise", say("Revise")
        HOLD = "hold", say("Hold")
        STOP = "stop", say("Stop")

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="decision")
    outcome = models.CharField(max_length=6, choices=Outcome)
    reasons = models.TextField(max_length=20_000)
    dissent = models.TextField(blank=True, max_length=20_000)
    hold_until = models.CharField(max_length=200, blank=True)
    try_hours = models.PositiveSmallIntegerField(null=True, blank=True)  # to try it for, from the decision on
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    @property
    def try_until(self) -> datetime | None:
        """When the hours of a try are used up; None for any other outcome."""
        if self.outcome != self.Outcome.TRY:
            return None
        return self.decided_at + timedelta(hours=self.try_hours or TRY_HOURS)


APPROVING = (Decision.Outcome.GO, Decision.Outcome.TRY)
