"""The ledger of looks holds its own line."""

from django.db import migrations

from datasets.migrations import _ledger_guards


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial")]
    operations = [migrations.RunPython(_ledger_guards.install, _ledger_guards.remove)]
