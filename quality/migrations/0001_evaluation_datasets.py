"""Evaluation datasets come from the room `mlflow_bridge`, which renamed their tables."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import quality.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mlflow_bridge", "0004_evaluation_datasets_move"),
        ("traces", "0009_redaction_and_retention"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="EvaluationDataset",
                    fields=[
                        (
                            "dataset_id",
                            models.CharField(
                                default=quality.models.new_dataset_id,
                                max_length=50,
                                primary_key=True,
                                serialize=False,
                                verbose_name="dataset id",
                            ),
                        ),
                        ("name", models.CharField(max_length=250, verbose_name="name")),
                        ("tags", models.JSONField(blank=True, default=dict, verbose_name="tags")),
                        ("created_by", models.CharField(blank=True, max_length=250, verbose_name="created by")),
                        ("updated_by", models.CharField(blank=True, max_length=250, verbose_name="changed by")),
                        (
                            "created_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, editable=False, verbose_name="created"
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                        (
                            "experiments",
                            models.ManyToManyField(
                                blank=True,
                                related_name="evaluation_datasets",
                                to="traces.experiment",
                                verbose_name="experiments",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "evaluation dataset",
                        "verbose_name_plural": "evaluation datasets",
                        "ordering": ["-created_at", "dataset_id"],
                    },
                ),
                migrations.CreateModel(
                    name="DatasetRecord",
                    fields=[
                        (
                            "record_id",
                            models.CharField(
                                default=quality.models.new_record_id,
                                max_length=50,
                                primary_key=True,
                                serialize=False,
                                verbose_name="record id",
                            ),
                        ),
                        ("inputs", models.JSONField(verbose_name="inputs")),
                        (
                            "digest",
                            models.CharField(editable=False, max_length=64, verbose_name="digest of the inputs"),
                        ),
                        ("outputs", models.JSONField(blank=True, null=True, verbose_name="outputs")),
                        ("expectations", models.JSONField(blank=True, default=dict, verbose_name="expectations")),
                        ("tags", models.JSONField(blank=True, default=dict, verbose_name="tags")),
                        ("source", models.JSONField(blank=True, null=True, verbose_name="source")),
                        ("created_by", models.CharField(blank=True, max_length=250, verbose_name="created by")),
                        ("updated_by", models.CharField(blank=True, max_length=250, verbose_name="changed by")),
                        (
                            "created_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, editable=False, verbose_name="created"
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                        (
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="records",
                                to="quality.evaluationdataset",
                                verbose_name="dataset",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "record of a dataset",
                        "verbose_name_plural": "records of datasets",
                        "ordering": ["created_at", "record_id"],
                        "constraints": [
                            models.UniqueConstraint(fields=("dataset", "digest"), name="dataset_record_once")
                        ],
                    },
                ),
            ]
        ),
    ]
