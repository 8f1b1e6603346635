"""Evaluation datasets move to the room `quality`: their tables get its name, and keep what is in them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mlflow_bridge", "0003_evaluation_datasets")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable("evaluationdataset", "quality_evaluationdataset"),
                migrations.AlterModelTable("datasetrecord", "quality_datasetrecord"),
            ],
            state_operations=[
                migrations.DeleteModel("DatasetRecord"),
                migrations.DeleteModel("EvaluationDataset"),
            ],
        ),
    ]
