"""What managers set for an experiment: what is masked before storing, and what is kept for how long."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from traces.models import Experiment
from traces.patterns import RefusedPattern
from traces.redaction.custom import NAME, check_pattern
from traces.redaction.rules import CUSTOM, Rule, kept_as, rules_from

MOST_RULES = 20
PLACEHOLDERS = {"e-mail", "phone", "card", "iban"}


class MaskingForm(forms.Form):
    """The rules of one experiment; `sample` is what they are tried on, and is not kept."""

    use_required_attribute = False
    email = forms.BooleanField(label=_("E-mail addresses"), required=False)
    phone = forms.BooleanField(label=_("Phone numbers"), required=False)
    card = forms.BooleanField(label=_("Payment cards (with a right check digit)"), required=False)
    iban = forms.BooleanField(label=_("IBANs (with a right checksum)"), required=False)
    custom = forms.CharField(
        label=_("Your own"), required=False, strip=False,
        widget=forms.Textarea({"rows": 3, "class": "field field--code", "spellcheck": "false", "dir": "ltr"}),
        help_text=_("One a line: a name, “=”, and a regular expression (RE2), such as: policy = POL-\\d{5}"),
    )  # fmt: skip
    sample = forms.CharField(
        label=_("Try it on a text"), required=False, strip=False, max_length=20_000,
        widget=forms.Textarea({"rows": 3, "class": "field", "spellcheck": "false", "dir": "auto"}),
        help_text=_("Paste something, and see what would be masked. It is not kept."),
    )  # fmt: skip

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        rules = rules_from(experiment.redaction)
        own = [f"{rule.name} = {rule.pattern}" for rule in rules if rule.kind == CUSTOM]
        initial = {rule.kind: True for rule in rules if rule.kind != CUSTOM} | {"custom": "\n".join(own)}
        super().__init__(*args, **{"auto_id": "masking-%s", "initial": initial, **kwargs})

    @property
    def built_in(self) -> list[forms.BoundField]:
        return [self[kind] for kind in ("email", "phone", "card", "iban")]

    def clean_custom(self) -> list[Rule]:
        """Read the lines; each that is wrong is named with its number."""
        rules: list[Rule] = []
        problems: list[forms.ValidationError] = []
        for number, line in enumerate(self.cleaned_data["custom"].splitlines(), 1):
            if line.strip():
                try:
                    rules.append(_rule_from(line, {rule.name.lower() for rule in rules} | PLACEHOLDERS))
                except RefusedPattern as problem:
                    said = _("Line %(number)d: %(problem)s")
                    problems.append(forms.ValidationError(said, params={"number": number, "problem": problem}))
        if len(rules) > MOST_RULES:
            problems.append(forms.ValidationError(_("At most %(n)d rules."), params={"n": MOST_RULES}))
        if problems:
            raise forms.ValidationError(problems)
        return rules

    def rules(self) -> list[Rule]:
        chosen = [Rule(kind) for kind in ("email", "phone", "card", "iban") if self.cleaned_data[kind]]
        return [*chosen, *self.cleaned_data["custom"]]

    def save(self, experiment: Experiment) -> None:
        experiment.redaction = kept_as(self.rules())
        experiment.save(update_fields=["redaction", "updated_at"])


def _rule_from(line: str, taken: set[str]) -> Rule:
    """Raises RefusedPattern."""
    name, equals, pattern = (part.strip() for part in line.partition("="))
    if not equals or not pattern:
        raise RefusedPattern(_("write a name, “=”, and the regular expression."))
    if not NAME.fullmatch(name):
        raise RefusedPattern(_("a name has letters, digits, spaces and hyphens, 30 at most, and begins with a letter."))
    if name.lower() in taken:
        raise RefusedPattern(_("the name “%(name)s” is taken.") % {"name": name})
    check_pattern(pattern)
    return Rule(CUSTOM, name, pattern)


class KeepingForm(forms.ModelForm):
    use_required_attribute = False

    class Meta:
        model = Experiment
        fields = ("keep_days", "keep_traces", "deletes_assessed", "deletes_needed")
        labels = {  # noqa: RUF012 - Django's own form
            "keep_days": _("Days that a trace is kept"),
            "keep_traces": _("Traces that are kept, the newest"),
            "deletes_assessed": _("Also delete traces that somebody, or a judge, has assessed"),
            "deletes_needed": _(
                "Also delete traces in sessions and of conversations in the chat, with the reviews of them"
            ),
        }
        help_texts = {  # noqa: RUF012
            "keep_days": _("From when it ran or arrived, whichever is later. Empty: for ever."),
            "keep_traces": _("Empty: all of them."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "keeping-%s", **kwargs})
        for name in ("keep_days", "keep_traces"):
            self.fields[name].widget.attrs |= {"class": "field", "min": 1, "inputmode": "numeric"}

    def clean_keep_days(self) -> int | None:
        return _at_least_one(self.cleaned_data["keep_days"], 36_500)

    def clean_keep_traces(self) -> int | None:
        return _at_least_one(self.cleaned_data["keep_traces"], 2_000_000_000)


def _at_least_one(n: int | None, most: int) -> int | None:
    if n is not None and not 1 <= n <= most:
        raise forms.ValidationError(_("A number from 1 to %(most)d, or nothing."), params={"most": most})
    return n
