"""Forms: what people type, turned into what services take."""

from projects.forms.administration import QuestionsForm, ReasonForm, RulesForm, WordingForm
from projects.forms.beside import AttachmentForm, CommentForm
from projects.forms.people import (
    InvitationForm,
    LogCheckForm,
    LogNoteForm,
    PersonForm,
    PersonInvitationForm,
    SettingsForm,
    SignUpForm,
    TeamForm,
    TokenForm,
)
from projects.forms.plans import PayoffForm, PlanForm, RailsForm
from projects.forms.proposals import IdeaForm, MappingForm, ProjectForm, SectionForm, TextForm
from projects.forms.reviews import (
    ConflictForm,
    DecisionForm,
    LetterForm,
    PersonChoiceForm,
    ReleaseForm,
    ReviewerForm,
    ReviewForm,
    ScoreChangeForm,
)
from projects.forms.starting import GraveForm, LinksForm

__all__ = [
    "AttachmentForm",
    "CommentForm",
    "ConflictForm",
    "DecisionForm",
    "GraveForm",
    "IdeaForm",
    "InvitationForm",
    "LetterForm",
    "LinksForm",
    "LogCheckForm",
    "LogNoteForm",
    "MappingForm",
    "PayoffForm",
    "PersonChoiceForm",
    "PersonForm",
    "PersonInvitationForm",
    "PlanForm",
    "ProjectForm",
    "QuestionsForm",
    "RailsForm",
    "ReasonForm",
    "ReleaseForm",
    "ReviewForm",
    "ReviewerForm",
    "RulesForm",
    "ScoreChangeForm",
    "SectionForm",
    "SettingsForm",
    "SignUpForm",
    "TeamForm",
    "TextForm",
    "TokenForm",
    "WordingForm",
]
