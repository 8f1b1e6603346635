"""The experts' queue: questions, sessions, items, and each expert's work on an item."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from traces.models import Assessment, Experiment, Trace


def new_schema_id() -> str:
    return f"ls-{uuid.uuid4().hex}"


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


class LabelSchemaVersion(models.Model):
    """The words and the input of a question at one time; every answer names the version it answered."""

    schema = models.ForeignKey(
        LabelSchema, on_delete=models.CASCADE, related_name="versions", verbose_name=_("question")
    )
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=250)  # what the expert reads
    instruction = models.TextField(_("instruction"), max_length=1000, blank=True)
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


class LabelingSession(models.Model):
    """What a manager sets up: traces, questions, people, and how many of them per item."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")  # nobody but managers sees it
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")  # can be read, not answered

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="labeling_sessions", verbose_name=_("experiment")
    )
    name = models.CharField(_("name"), max_length=250)
    instructions = models.TextField(_("instructions"), blank=True)  # markdown
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.DRAFT)
    reviews_per_item = models.PositiveIntegerField(_("reviews per item"), null=True, blank=True, default=1)  # null: all
    is_blind = models.BooleanField(_("blind"), default=True)  # others' answers never shown, not even afterwards
    # How traces were last chosen on the set-up page: see labeling/selecting.py.
    selection = models.JSONField(_("selection"), default=dict, blank=True, editable=False)
    lease_s = models.PositiveIntegerField(_("lease (s)"), default=15 * 60)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    people: models.ManyToManyField[User, Reviewer] = models.ManyToManyField(
        User, through="Reviewer", related_name="labeling_sessions"
    )
    # Counted in the transactions that change them, so that no page counts 100,000 items.
    n_items = models.PositiveIntegerField(_("items"), default=0, editable=False)
    n_open = models.PositiveIntegerField(_("items still to hand out"), default=0, editable=False)
    n_done = models.PositiveIntegerField(_("items with all reviews"), default=0, editable=False)

    class Meta:
        verbose_name = _("labeling session")
        verbose_name_plural = _("labeling sessions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_s)


class SessionQuestion(models.Model):
    """A question in its place in a session.

    `show_if` is {} or one condition on an earlier question: {"<schema name>": value}; with a list, any of them.
    """

    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="questions", verbose_name=_("session")
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


class Reviewer(models.Model):
    """A person in a session, with the counts that their pages show."""

    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="reviewers", verbose_name=_("session")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reviewing", verbose_name=_("person"))
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    last_active_at = models.DateTimeField(_("last active"), null=True, blank=True, editable=False)
    guidelines_read_at = models.DateTimeField(_("read the guidelines"), null=True, blank=True, editable=False)
    cursor = models.PositiveIntegerField(default=0, editable=False)  # position after the last item handed out
    n_complete = models.PositiveIntegerField(_("finished"), default=0, editable=False)
    n_declined = models.PositiveIntegerField(_("declined"), default=0, editable=False)
    active_s = models.PositiveIntegerField(_("active (s)"), default=0, editable=False)  # over finished reviews

    class Meta:
        verbose_name = _("reviewer")
        verbose_name_plural = _("reviewers")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="reviewer_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.session}"


class Item(models.Model):
    """A trace in a session.

    `n_held` counts the people who hold it or have finished it: it is handed out while n_held < needs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="items", verbose_name=_("session")
    )
    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, related_name="items", verbose_name=_("trace"))
    position = models.PositiveIntegerField(_("position"))
    needs = models.PositiveIntegerField(_("needs reviews"), default=1)
    n_held = models.PositiveIntegerField(_("handed out"), default=0, editable=False)
    n_complete = models.PositiveIntegerField(_("finished"), default=0, editable=False)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["session", "position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "trace"], name="item_once"),
            # The database itself refuses to hand out more than is needed.
            models.CheckConstraint(condition=Q(n_held__lte=F("needs")), name="item_not_overshot"),
        ]
        indexes = [
            models.Index(fields=["session", "position"], name="item_by_position"),
            models.Index(fields=["session", "position"], name="item_to_hand_out", condition=Q(n_held__lt=F("needs"))),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.position}"

    @property
    def is_done(self) -> bool:
        return self.n_complete >= self.needs


class Review(models.Model):
    """One expert's work on one item.

    pending      handed out once, but not held: the lease ended, or the expert put it back; drafts stay
    in_progress  held until `lease_until`
    complete     finished: the answers are assessments
    declined     cannot judge it, with a reason; somebody else may get the item
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETE = "complete", _("Finished")
        DECLINED = "declined", _("Declined")

    class Reason(models.TextChoices):
        NOT_MY_FIELD = "not_my_field", _("Not my field")
        UNCLEAR = "unclear", _("Unclear")
        BROKEN = "broken", _("Broken or unreadable")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("item"))
    session = models.ForeignKey(
        LabelingSession, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("session")
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("person"))
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.IN_PROGRESS)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    draft = models.JSONField(_("draft"), default=dict, blank=True)  # {<schema id>: {value, comment, evidence, version}}
    draft_saved_at = models.DateTimeField(_("draft saved"), null=True, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=12, choices=Reason, blank=True)
    decline_note = models.TextField(_("note"), blank=True)
    active_s = models.PositiveIntegerField(_("active (s)"), default=0)  # seconds of attention, as the page counts them
    handed_out_at = models.DateTimeField(_("handed out"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["handed_out_at", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="review_once")]
        indexes = [
            models.Index(fields=["session", "user", "handed_out_at"], name="review_of_person"),
            models.Index(fields=["session", "lease_until"], name="review_leases", condition=Q(status="in_progress")),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.item}"

    @property
    def is_held(self) -> bool:
        return self.status == self.Status.IN_PROGRESS

    @property
    def is_finished(self) -> bool:
        return self.status in {self.Status.COMPLETE, self.Status.DECLINED}


class Answer(models.Model):
    """What one expert says to one version of one question on one item, and the assessment that says so.

    A changed mind is a new assessment that overrides the old one; `assessment` names the valid one.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="answers", verbose_name=_("review"))
    version = models.ForeignKey(
        LabelSchemaVersion, on_delete=models.PROTECT, related_name="answers", verbose_name=_("question version")
    )
    assessment = models.OneToOneField(
        Assessment, on_delete=models.CASCADE, related_name="answer", verbose_name=_("assessment")
    )

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [models.UniqueConstraint(fields=["review", "version"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.version}: {self.assessment.value!r}"
