"""A filled-in question form becomes a question, or the next version of one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from labeling.forms.question import QuestionForm
from labeling.library import name_for
from labeling.models import LabelSchema
from traces.models import Experiment


def ask(form: QuestionForm, *, experiment: Experiment, by: User) -> LabelSchema | None:
    """Return the new question; None when the form is wrong, which then says what is."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    taken = set(experiment.label_schemas.values_list("name", flat=True))
    try:
        return LabelSchema.objects.ask(
            experiment=experiment, name=data["name"] or name_for(data["title"], taken),
            type=data["type"] or "feedback", judge_name=data["judge_name"], by=by, **form.words(),
        )  # fmt: skip
    except ValidationError as error:
        show_errors(form, error)
        return None


@transaction.atomic
def revise(form: QuestionForm) -> bool:
    """Write the form's words as the next version of its schema; False when the form is wrong."""
    if form.schema is None or not form.is_valid():
        return False
    try:
        form.schema.revise(**form.words())
    except ValidationError as error:
        show_errors(form, error)
        return False
    form.schema.judge_name = form.cleaned_data["judge_name"]
    form.schema.save(update_fields=["judge_name", "updated_at"])
    return True


def show_errors(form: QuestionForm, error: ValidationError) -> None:
    """Put what the model refused beside the field; its own checks of the whole at the top."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for name, said in by_field.items():
        form.add_error(FIELDS.get(name, name) if name in FIELDS or name in form.fields else None, said)


FIELDS = {"input": "kind", "__all__": "name"}  # the one check of the whole is that the name is free
