from django.db import migrations, models


class Migration(migrations.Migration):
    """A column without a default: neither database rewrites the table for it."""

    dependencies = [("traces", "0002_default_experiment")]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="revised_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last revised"),
        ),
    ]
