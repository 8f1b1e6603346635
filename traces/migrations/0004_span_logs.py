from django.db import migrations, models


class Migration(migrations.Migration):
    """A column without a default: neither database rewrites the table for it."""

    dependencies = [("traces", "0003_trace_revised_at")]

    operations = [
        migrations.AddField(
            model_name="span",
            name="logs",
            field=models.JSONField(blank=True, null=True, verbose_name="log records"),
        ),
    ]
