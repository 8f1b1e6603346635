"""What people say about answers and conversations in the chat."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models.conversations import Conversation, Turn
from labeling.models import LabelSchemaVersion
from traces.models import Assessment

THUMBS = "thumbs"  # name of the assessment by 👍 and 👎: true or false


class Judgement(models.Model):
    """One thing that one person holds of one answer or, without `turn`, of the whole conversation.

    A changed mind is a new assessment that overrides the old one; `assessment` names the valid one.
    `copy` is the same assessment on the application's own trace, where that is another and is here.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="judgements", verbose_name=_("conversation")
    )
    turn = models.ForeignKey(
        Turn, on_delete=models.CASCADE, null=True, blank=True, related_name="judgements", verbose_name=_("turn")
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="judgements", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=250)  # the assessment's
    version = models.ForeignKey(  # null: thumbs, or a better answer
        LabelSchemaVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("question version"),
    )  # fmt: skip
    assessment = models.OneToOneField(
        Assessment, on_delete=models.CASCADE, related_name="judgement", verbose_name=_("assessment")
    )
    copy = models.OneToOneField(
        Assessment, on_delete=models.SET_NULL, null=True, blank=True, related_name="judgement_copied",
        verbose_name=_("on the application's trace"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        constraints = [
            models.UniqueConstraint(fields=["turn", "user", "name"], name="judgement_once"),
            models.UniqueConstraint(
                fields=["conversation", "user", "name"], name="conversation_judgement_once", condition=Q(turn=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.assessment.value!r}"
