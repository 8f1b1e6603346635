"""Questions: their words in versions, and their places in sessions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from labeling.inputs import InvalidInput, input_of
from traces.models import Assessment, Experiment

MAX_INSTRUCTION_LENGTH = 1_000  # characters, as MLflow


def new_schema_id() -> str:
    return f"ls-{uuid.uuid4().hex}"


class LabelSchemaManager(models.Manager["LabelSchema"]):
    @transaction.atomic
    def ask(
        self,
        *,
        experiment: Experiment,
        name: str,
        type: str,
        title: str,
        input: Mapping[str, Any],
        instruction: str = "",
        enable_comment: bool = False,
        judge_name: str = "",
        by: User | None = None,
    ) -> LabelSchema:
        """Make a question with its first version.

        Raises: ValidationError by field, also when the experiment already has a question of that name.
        """
        schema = LabelSchema(experiment=experiment, name=name, type=type, judge_name=judge_name, created_by=by)
        words = LabelSchemaVersion(
            schema=schema, number=1, title=title, instruction=instruction, input=checked_input(input),
            enable_comment=enable_comment,
        )  # fmt: skip
        schema.full_clean(exclude=["current", "created_by"])
        words.full_clean(exclude=["schema"])
        schema.save(force_insert=True)
        words.save()
        schema.current = words
        schema.save(update_fields=["current"])
        return schema


class LabelSchema(models.Model):
    """One question, as MLflow's label schema. Its words are in its versions.

    Its assessments are called `judge_name`, when a manager bound the question to a judge
    (alignment compares assessments of the same name), else `name`.
    """

    schema_id = models.CharField(_("schema id"), max_length=50, primary_key=True, default=new_schema_id)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="label_schemas", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250)
    type = models.CharField(_("type"), max_length=11, choices=Assessment.Kind)  # never changes
    judge_name = models.CharField(_("judge"), max_length=250, blank=True)
    current = models.ForeignKey(
        "LabelSchemaVersion", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("current version")
    )
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects: ClassVar[LabelSchemaManager] = LabelSchemaManager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["experiment", "name"], name="label_schema_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def assessment_name(self) -> str:
        return self.judge_name or self.name

    @transaction.atomic
    def revise(
        self,
        *,
        title: str | None = None,
        instruction: str | None = None,
        input: Mapping[str, Any] | None = None,
        enable_comment: bool | None = None,
    ) -> LabelSchemaVersion:
        """Change the words that are given; return the new version, or the current one if nothing changes.

        Raises: ValidationError by field; the kind of input, and whether a choice takes several, never change.
        """
        LabelSchema.objects.select_for_update(no_key=True).get(pk=self.pk)  # one revision after the other
        old = self.versions.latest("number")
        words = LabelSchemaVersion(
            schema=self,
            number=old.number + 1,
            title=old.title if title is None else title,
            instruction=old.instruction if instruction is None else instruction,
            input=old.input if input is None else checked_input(input),
            enable_comment=old.enable_comment if enable_comment is None else enable_comment,
        )
        if words.says_the_same_as(old):
            return old
        if words.shape != old.shape:
            raise ValidationError({"input": _("The kind of answer can’t change. Make a new question for that.")})
        words.full_clean()
        words.save()
        self.current = words
        self.save(update_fields=["current", "updated_at"])
        return words


def checked_input(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input's configuration in full. Raises: ValidationError under `input`."""
    try:
        return input_of(dict(config)).config
    except InvalidInput as error:
        raise ValidationError({"input": str(error)}) from error


class LabelSchemaVersion(models.Model):
    """The words and the input of a question at one time; every answer names the version it answered."""

    schema = models.ForeignKey(
        LabelSchema, on_delete=models.CASCADE, related_name="versions", verbose_name=_("question")
    )
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=250)  # what the expert reads
    instruction = models.TextField(_("instruction"), max_length=MAX_INSTRUCTION_LENGTH, blank=True)
    input = models.JSONField(_("input"))  # {"pass_fail": {…}}: see labeling/inputs/
    enable_comment = models.BooleanField(_("asks why"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("question version")
        verbose_name_plural = _("question versions")
        ordering = ["schema", "number"]
        constraints = [models.UniqueConstraint(fields=["schema", "number"], name="label_schema_version_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    def clean(self) -> None:
        if len(self.instruction) > MAX_INSTRUCTION_LENGTH:  # the field's own limit is for forms only
            raise ValidationError({"instruction": _("The instruction is longer than 1,000 characters.")})

    def says_the_same_as(self, other: LabelSchemaVersion) -> bool:
        return all(
            getattr(self, name) == getattr(other, name) for name in ("title", "instruction", "input", "enable_comment")
        )

    @property
    def shape(self) -> tuple[str, bool]:
        """What may never change: the kind of input, and whether it takes several."""
        ((kind, fields),) = self.input.items()
        return kind, bool(fields.get("multi_select", False))


@dataclass(frozen=True)
class QuestionSpec:
    """A question to be put into a session; see SessionQuestion for `show_if`."""

    schema: LabelSchema
    is_required: bool = False
    show_if: dict[str, Any] = field(default_factory=dict)


def check_questions(experiment: Experiment, specs: Sequence[QuestionSpec]) -> None:
    """Raise ValidationError for a question twice, of another experiment, or with a condition that can't be met."""
    earlier: set[str] = set()
    for spec in specs:
        name = spec.schema.name
        if name in earlier:
            raise ValidationError(_("The question “%(name)s” is there twice."), params={"name": name})
        if spec.schema.experiment_id != experiment.pk:
            raise ValidationError(_("The question “%(name)s” is of another experiment."), params={"name": name})
        if len(spec.show_if) > 1 or not spec.show_if.keys() <= earlier:
            raise ValidationError(
                _("“%(name)s” can depend on the answer to one question, and that one has to stand before it."),
                params={"name": name},
            )
        earlier.add(name)


class SessionQuestion(models.Model):
    """A question in its place in a session.

    `show_if` is {} or one condition on an earlier question: {"<schema name>": value}; with a list, any of them.
    """

    session = models.ForeignKey(
        "LabelingSession", on_delete=models.CASCADE, related_name="questions", verbose_name=_("session")
    )
    schema = models.ForeignKey(LabelSchema, on_delete=models.PROTECT, related_name="+", verbose_name=_("question"))
    position = models.PositiveIntegerField(_("position"))
    is_required = models.BooleanField(_("required"), default=False)
    show_if = models.JSONField(_("shown only if"), default=dict, blank=True)

    class Meta:
        verbose_name = _("question of a session")
        verbose_name_plural = _("questions of a session")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["session", "schema"], name="session_question_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.schema}"
