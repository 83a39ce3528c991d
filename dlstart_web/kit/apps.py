from django.apps import AppConfig
from django.utils import translation

from dlstart_web.kit import say

# English marks of a number as each language writes them; where a language is not named they stay.
_MARKS = {"de": str.maketrans(",.", ".,")}


class KitConfig(AppConfig):
    name = "dlstart_web.kit"

    def ready(self) -> None:
        say.listen(
            say.Reader(translation.gettext, translation.ngettext, lambda: _MARKS.get(translation.get_language() or ""))
        )
