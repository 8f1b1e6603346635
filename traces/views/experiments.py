"""An experiment's settings: what is masked before storing, how long traces are kept."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import experiments_for, get_experiment_changed_by, get_experiment_for
from traces.counting import tallies
from traces.experiment_forms import KeepingForm, MaskingForm
from traces.models import DailyCount, Experiment
from traces.redaction.masking import Masker
from traces.retention import Plan, plan_of

Deed = DailyCount.Deed


@require_safe
@login_required
def experiments(request: UserRequest) -> HttpResponse:
    return render(
        request, "traces/experiments.html", {"experiments": experiments_for(request.user), "section": "traces"}
    )


@require_safe
@login_required
def experiment(request: UserRequest, experiment_id: int) -> HttpResponse:
    return show(request, get_experiment_for(request.user, experiment_id))


@require_POST
@login_required
def change_masking(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Save the rules, or only show what they would do to the text beside them."""
    box = get_experiment_changed_by(request.user, experiment_id)
    form = MaskingForm(request.POST, experiment=box)
    if not form.is_valid():
        return show(request, box, masking=form, status=422)
    if "try" in request.POST:
        masker = Masker(form.rules())
        masked = masker.text(form.cleaned_data["sample"])
        return show(request, box, masking=form, tried={"text": masked, "counts": dict(masker.counts)})
    form.save(box)
    messages.success(request, _("Saved. What comes in from now on is masked so; what is stored stays as it is."))
    return redirect(box)


@require_POST
@login_required
def change_keeping(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Save how long traces are kept, or only count how many would go."""
    box = get_experiment_changed_by(request.user, experiment_id)
    form = KeepingForm(request.POST, instance=box)
    if not form.is_valid():
        box.refresh_from_db()
        return show(request, box, keeping=form, status=422)
    if "preview" in request.POST:
        return show(request, box, keeping=form, plan=plan_of(box))
    form.save()
    messages.success(request, _("Saved. The worker deletes what is due, a part every minute."))
    return redirect(box)


def show(
    request: UserRequest,
    box: Experiment,
    *,
    masking: MaskingForm | None = None,
    keeping: KeepingForm | None = None,
    tried: dict[str, object] | None = None,
    plan: Plan | None = None,
    status: int = 200,
) -> HttpResponse:
    ctx = {
        "section": "traces",
        "experiment": box,
        "masking": masking or MaskingForm(experiment=box),
        "keeping": keeping or KeepingForm(instance=box),
        "tried": tried,
        "plan": plan or plan_of(box),
        "is_preview": plan is not None,
        "masked": tallies(box, Deed.MASKED),
        "deleted": tallies(box, Deed.DELETED),
    }
    return render(request, "traces/experiment.html", ctx, status=status)
