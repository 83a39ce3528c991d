"""Forms: what people type, turned into what services take."""

from projects.forms.people import (
    InvitationForm,
    PersonForm,
    PersonInvitationForm,
    SettingsForm,
    SignUpForm,
    TeamForm,
    TokenForm,
)
from projects.forms.proposals import MappingForm, ProjectForm, SectionForm, TextForm
from projects.forms.reviews import DecisionForm, PersonChoiceForm, ReviewForm

__all__ = [
    "DecisionForm",
    "InvitationForm",
    "MappingForm",
    "PersonChoiceForm",
    "PersonForm",
    "PersonInvitationForm",
    "ProjectForm",
    "ReviewForm",
    "SectionForm",
    "SettingsForm",
    "SignUpForm",
    "TeamForm",
    "TextForm",
    "TokenForm",
]
