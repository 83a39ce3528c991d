"""The log holds its own line."""

from django.db import migrations

from dlstart_web.kit.migrations import _append_only


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_initial")]
    operations = [migrations.RunPython(_append_only.install, _append_only.remove)]
