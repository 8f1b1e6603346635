from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traces", "0011_index_end_time")]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="deletes_needed",
            field=models.BooleanField(default=False, verbose_name="also delete traces of sessions and chats"),
        ),
    ]
