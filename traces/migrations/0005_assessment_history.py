from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traces", "0004_span_logs")]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="revisions",
            field=models.JSONField(blank=True, default=list, editable=False, verbose_name="revisions"),
        ),
        migrations.AddField(
            model_name="assessment",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted"),
        ),
        migrations.AddField(
            model_name="assessment",
            name="deleted_by",
            field=models.CharField(blank=True, editable=False, max_length=250, verbose_name="deleted by"),
        ),
    ]
