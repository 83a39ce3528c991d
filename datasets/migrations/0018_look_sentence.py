"""A look's answer keeps its sentence in whatever length; the guards of the table stand aside while SQLite makes it anew."""

from django.db import migrations, models

from datasets.migrations import _ledger_guards


class Migration(migrations.Migration):
    dependencies = [("datasets", "0017_look_limits")]

    operations = [
        migrations.RunPython(_ledger_guards.remove, _ledger_guards.install),
        migrations.AlterField("look", "sentence", models.TextField(blank=True)),
        migrations.RunPython(_ledger_guards.install, _ledger_guards.remove),
    ]
