"""Who proposes what, and what colleagues think of it."""

from projects.models.administration import GLASS_OPEN, BreakGlass, QuestionSet, ReviewRules, SetupMark, TemplateWording
from projects.models.ideas import Idea
from projects.models.notices import Mute, Notice
from projects.models.records import (
    APPROVING,
    TRY_HOURS,
    Answer,
    Criterion,
    Decision,
    Invitation,
    Membership,
    Pair,
    Project,
    Proposal,
    Review,
    Score,
    Team,
    TeamQuestion,
    User,
)
from projects.models.starting import ClassLink, Grave
from projects.models.vetting import Conflict, PendingDecision, Remark, ScoreChange, TeamReply
from projects.models.writing import AnswerText, Attachment, Comment, Plan

__all__ = [
    "APPROVING",
    "GLASS_OPEN",
    "TRY_HOURS",
    "Answer",
    "AnswerText",
    "Attachment",
    "BreakGlass",
    "ClassLink",
    "Comment",
    "Conflict",
    "Criterion",
    "Decision",
    "Grave",
    "Idea",
    "Invitation",
    "Membership",
    "Mute",
    "Notice",
    "Pair",
    "PendingDecision",
    "Plan",
    "Project",
    "Proposal",
    "QuestionSet",
    "Remark",
    "Review",
    "ReviewRules",
    "Score",
    "ScoreChange",
    "SetupMark",
    "Team",
    "TeamQuestion",
    "TeamReply",
    "TemplateWording",
    "User",
]
