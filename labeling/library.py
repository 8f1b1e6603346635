"""The questions there are to choose from, and how one of another experiment comes into this one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from accounts.models import User
from labeling.builtin import built_in
from labeling.conditions import without_broken_conditions
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, SessionQuestion
from traces.models import Assessment, Experiment


def on_offer(experiment: Experiment, *, without: Iterable[str]) -> QuerySet[LabelSchema]:
    """Return the library's questions, the experiment's own first; `without` are the names of those asked already."""
    is_own = Case(When(experiment=experiment, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        LabelSchema.objects.select_related("current", "experiment")
        .filter(current__isnull=False)
        .exclude(name__in={*without, *built_in()})
        .order_by(is_own, "name")
    )


def library_of(search: str) -> QuerySet[LabelSchema]:
    """Return all questions with the words searched for, and with `n_sessions`, how many sessions ask them."""
    uses = SessionQuestion.objects.filter(schema=OuterRef("pk")).order_by().values("schema")
    found = LabelSchema.objects.select_related("current", "experiment").filter(current__isnull=False)
    for word in search.split()[:5]:
        found = found.filter(Q(name__icontains=word) | Q(current__title__icontains=word))
    n_sessions = Coalesce(Subquery(uses.annotate(n=Count("pk")).values("n")), 0)
    return found.annotate(n_sessions=n_sessions).order_by("experiment__name", "name")


def schema_for(experiment: Experiment, schema: LabelSchema, *, by: User | None) -> LabelSchema:
    """Return the question as `experiment` has it: itself, its namesake there, or a new copy."""
    if schema.experiment_id == experiment.pk:
        return schema
    namesake = LabelSchema.objects.filter(experiment=experiment, name=schema.name, type=schema.type).first()
    if namesake is not None:
        return namesake
    words = schema.versions.latest("number")
    taken = set(experiment.label_schemas.values_list("name", flat=True))
    return LabelSchema.objects.ask(
        experiment=experiment, name=name_for(schema.name, taken), type=schema.type, title=words.title,
        input=words.input, instruction=words.instruction, enable_comment=words.enable_comment,
        judge_name=schema.judge_name, by=by,
    )  # fmt: skip


def built_in_for(experiment: Experiment, name: str, *, by: User | None) -> LabelSchema:
    """Return a built-in question of `experiment`, made if missing. Raises KeyError for an unknown name."""
    words = built_in()[name]
    found = LabelSchema.objects.filter(experiment=experiment, name=name).first()
    return found or LabelSchema.objects.ask(
        experiment=experiment, name=name, type=Assessment.Kind.EXPECTATION, by=by, **words
    )


@transaction.atomic
def move_to(session: LabelingSession, experiment: Experiment, *, by: User | None) -> None:
    """Take traces from another experiment: the session's questions come along. For drafts."""
    specs = [
        QuestionSpec(schema_for(experiment, each.schema, by=by), each.is_required, each.show_if)
        for each in questions_of(session)
    ]
    session.experiment = experiment
    session.save(update_fields=["experiment"])
    session.set_questions(without_broken_conditions(specs))


def questions_of(session: LabelingSession) -> list[SessionQuestion]:
    return list(session.questions.select_related("schema__current", "schema__experiment").order_by("position"))


def name_for(title: str, taken: set[str]) -> str:
    """Return a name for the data, made from the title and not `taken`."""
    stem = slugify(title).replace("-", "_")[:60].strip("_") or "question"
    names = (stem, *(f"{stem}_{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
