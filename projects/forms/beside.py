"""Forms of what lies beside a proposal."""

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import joined, say
from projects.core.filetypes import ENDINGS
from projects.core.form import QUESTIONS


class AttachmentForm(KitForm):
    """One file; what it is, is read from its bytes."""

    file = forms.FileField(
        label=say("File"),
        max_length=120,
        help_text=say("{endings}. Reviewers read it: leave names out of it.", endings=", ".join(sorted(ENDINGS))),
    )


class CommentForm(KitForm):
    """A note of the team to itself."""

    question = forms.ChoiceField(
        label=say("About"),
        required=False,
        choices=[("", say("the whole")), *((key, joined(" ", [key, one.label])) for key, one in QUESTIONS.items())],
    )
    text = forms.CharField(label=say("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
