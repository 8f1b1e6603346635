from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from chat.forms.endpoint import EndpointForm
from chat.models import Endpoint
from chat.setting_up import save
from traces.models import Experiment


class Command(BaseCommand):
    help = "Make a chat endpoint, or change the one of this name and version, and print its id."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)  # --version is ours

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--version", default="", help="tells two versions of one application apart")
        parser.add_argument("--protocol", choices=Endpoint.Protocol.values, required=True)
        parser.add_argument("--url", required=True)
        parser.add_argument("--model")
        parser.add_argument("--secret", help="a key; without it a kept one stays, unless the address leads elsewhere")
        parser.add_argument("--experiment", help="name or id, made if it is missing (default: Default)")
        parser.add_argument("--everybody", action="store_true", help="let everybody chat who can sign in")
        parser.add_argument("--person", action="append", default=[], metavar="EMAIL", help="let this person chat")

    def handle(self, *, name: str, version: str, everybody: bool, person: list[str], **options: Any) -> None:
        people = [person_of(email) for email in person]
        endpoint = Endpoint.objects.filter(name=name, version=version).first()
        endpoint = endpoint or Endpoint(name=name, version=version, experiment=Experiment.objects.earliest("pk"))
        endpoint.is_for_everybody |= everybody
        form = EndpointForm(typed(endpoint, options), endpoint=endpoint)
        if not save(form):
            raise CommandError("\n".join(said_by(form)))
        endpoint.people.add(*people)
        self.stdout.write(str(endpoint.pk))


def typed(endpoint: Endpoint, options: dict[str, Any]) -> dict[str, Any]:
    """Return what the form would hold, with what was asked for on the command line."""
    said = {key: options[key] for key in ("protocol", "url", "model", "secret") if options[key] is not None}
    return EndpointForm(endpoint=endpoint).as_typed() | said | experiment_in(options["experiment"])


def experiment_in(name: str | None) -> dict[str, Any]:
    """Return the form's fields for an experiment by name or id."""
    if not name:
        return {}
    known = Experiment.objects.filter(pk=int(name)).first() if name.isdecimal() and len(name) < 19 else None
    return {"experiment": known.pk} if known else {"new_experiment": name}


def person_of(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"There is nobody with the e-mail {email}; make them with create_user.")
    return user


def said_by(form: EndpointForm) -> list[str]:
    return [
        f"{form[name].label if name in form.fields else name}: {' '.join(str(each) for each in said)}"
        for name, said in form.errors.items()
    ]
