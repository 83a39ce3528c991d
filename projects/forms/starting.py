"""Forms of the start page and of good graves."""

from django import forms

from dlstart_web.kit.forms import KitForm
from dlstart_web.kit.say import say
from projects.core.start import Link, LinkProblem, links_of_lines


class LinksForm(KitForm):
    """The list of classes, one a line."""

    lines = forms.CharField(
        label=say("Classes on the start page"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10, "translate": "no"}),
        help_text=say(
            "One a line: title | https://address | remark. Left empty, the list that comes with dlstart is shown."
        ),
    )

    def clean_lines(self) -> list[Link]:
        try:
            return links_of_lines(self.cleaned_data["lines"])
        except LinkProblem as problem:
            raise forms.ValidationError(say("Classes: {problem}", problem=problem)) from problem


class GraveForm(KitForm):
    """What a stopped idea leaves behind."""

    learned = forms.CharField(
        label=say("What did you learn?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=say("For the next people with this idea. Stopping early is a result."),
    )
    reopen_when = forms.CharField(
        label=say("What would reopen it?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=say("Such as: photos of the new belt, or a cheaper camera"),
    )
    watch = forms.CharField(
        label=say("Words in the name of data that you wait for"),
        required=False,
        max_length=200,
        help_text=say(
            "Such as: belt, mug. Your team is told when a data set with one of them comes into the catalogue."
        ),
    )
    remind_on = forms.DateField(
        label=say("Remind us on"),
        required=False,
        widget=forms.DateInput(attrs={"placeholder": ""}),
        help_text=say("Year-month-day, such as 2027-05-22"),
    )
