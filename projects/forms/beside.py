"""Forms of what lies beside a proposal."""

from collections.abc import Mapping
from typing import Any

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import joined, say
from projects.core.filetypes import ENDINGS
from projects.core.form import Question


class AttachmentForm(KitForm):
    """One file; what it is, is read from its bytes."""

    file = forms.FileField(
        label=say("File"),
        max_length=120,
        help_text=say("{endings}. Reviewers read it: leave names out of it.", endings=", ".join(sorted(ENDINGS))),
    )


class CommentForm(KitForm):
    """A note of the team to itself."""

    question = forms.ChoiceField(label=say("About"), required=False)
    text = forms.CharField(label=say("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, questions: Mapping[str, Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(key, joined(" ", [key, one.label])) for key, one in questions.items()]
        self.fields["question"].choices = [("", say("the whole")), *named]
