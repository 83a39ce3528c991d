"""Fields of the database that keep sentences as they were said, so that each reader gets them in their language."""

import json
from typing import Any

from django.db import models

from dlstart_web.kit.say import MARK, Sentence, packed, say, unpacked


class SentenceField(models.TextField):
    """A text of ours: reads as the string that it was given, a `Sentence` where it was one."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Sentence) and value.startswith(f'{{"{MARK}'):
            value = say("{text}", text=value)  # somebody's words that look like ours
        return json.dumps(packed(value)) if isinstance(value, Sentence) else super().get_prep_value(value)

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return unpacked(json.loads(value)) if value and value.startswith(f'{{"{MARK}') else value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs  # the same column


class SentencesField(models.JSONField):
    """JSON with sentences anywhere in it."""

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(packed(value))

    def from_db_value(self, value: Any, *args: Any) -> Any:
        return unpacked(super().from_db_value(value, *args))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
