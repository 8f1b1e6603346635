"""A labeling session as a file: YAML, with the input kinds and fields of MLflow's label schemas.

    name: Claims answers, March
    experiment: claims                  # name or id; made if it is missing
    instructions: Judge the answer against the policy.        # markdown
    questions:
      - name: correct                   # of the experiment's library; made, or given these words
        title: Is the answer correct?
        type: feedback                  # or expectation
        input: {pass_fail: {positive_label: Correct, negative_label: Incorrect}}
        required: true
        enable_comment: true
      - name: problems
        title: What is wrong?
        input: {categorical: {options: [Outdated, Unsafe], multi_select: true}}
        show_if: {correct: false}
      - name: expected_response         # a built-in question has its words already
    reviewers: [expert@example.org]
    reviews_per_item: 1                 # 1…n or all
    traces: {filter: "trace.status = 'OK'", sample: 50, seed: 7}      # or {ids: [tr-…]}
    blind: true                         # the default
    open: true                          # the default; false leaves a draft

`Place` is a spot in the file that knows its line and its name, so that every complaint can say where.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import get_text_list

from accounts.models import User
from labeling.builtin import built_in
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from traces.models import Assessment, Experiment, Trace
from traces.sampling import sample_of
from traces.search import FilterError, matching

T = TypeVar("T")
KEYS = ["name", "experiment", "instructions", "questions", "reviewers", "reviews_per_item", "traces", "blind", "open"]
QUESTION_KEYS = ["name", "title", "type", "instruction", "input", "required", "enable_comment", "show_if", "judge_name"]
TRACES_KEYS = ["filter", "sample", "seed", "ids"]
MOST_SEEDS = 10_000
WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "names with values"}


class FileError(ValueError):
    """What is wrong with a session file, and where."""


class Loader(yaml.SafeLoader):
    """Takes only true and false for truth values: Yes and No are what people call their options."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF"))


class Place:
    def __init__(self, loader: Loader, node: yaml.Node, name: str) -> None:
        self.loader, self.node, self.name = loader, node, name
        self.value: Any = loader.construct_object(node, deep=True)

    def refuse(self, message: str) -> NoReturn:
        raise FileError(f"line {self.node.start_mark.line + 1}, {self.name or 'the file'}: {message}")

    def of(self, kind: type[T]) -> T:
        """Return the value, of this kind."""
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            self.refuse(f"this has to be {WORDS[kind]}.")
        return self.value

    def keys(self, *allowed: str) -> dict[str, Place]:
        """Return what stands under each key; a key that nobody knows is a mistake."""
        self.of(dict)
        places = {}
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            place = Place(self.loader, value_node, f"{self.name}.{key}".lstrip("."))
            if key not in allowed:
                place.refuse(f"there is no such key here; there are {get_text_list(list(allowed), 'and')}.")
            if place.value is not None:
                places[key] = place
        return places

    def each(self) -> Iterator[Place]:
        self.of(list)
        for n, node in enumerate(self.node.value, start=1):
            yield Place(self.loader, node, f"{self.name}[{n}]")

    def trying(self, deed: Callable[[], T]) -> T:
        """Do it, and say what is wrong with it as what is wrong here."""
        try:
            return deed()
        except ValidationError as error:
            self.refuse(" ".join(error.messages))
        except FilterError as error:
            self.refuse(f"{error} (at character {error.position + 1})")


def place_of(text: str) -> Place:
    """Return the whole of a file. Raises: FileError."""
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise FileError("The file is empty.")
        return Place(loader, node, "")
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FileError(f"{line}this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FileError(f"this is not YAML: {error}") from error


@transaction.atomic
def load_session(text: str) -> LabelingSession:
    """Make the session that a file describes, and open it unless the file says `open: false`.

    Raises: FileError; then nothing is made.
    """
    whole = place_of(text)
    keys = whole.keys(*KEYS)
    for needed in ("name", "experiment", "questions"):
        if needed not in keys:
            whole.refuse(f"“{needed}” is missing.")
    session = LabelingSession(
        name=keys["name"].of(str),
        experiment=experiment_of(keys["experiment"]),
        instructions=keys["instructions"].of(str) if "instructions" in keys else "",
        is_blind=keys["blind"].of(bool) if "blind" in keys else True,
        reviews_per_item=reviews_per_item_of(keys.get("reviews_per_item")),
    )
    whole.trying(lambda: session.full_clean(exclude=["created_by", "people"]))
    session.save()
    specs = [question_of(place, session.experiment) for place in keys["questions"].each()]
    keys["questions"].trying(lambda: session.set_questions(specs))
    session.set_reviewers([person_of(place) for place in keys["reviewers"].each()] if "reviewers" in keys else [])
    if "traces" in keys:
        session.add_traces(traces_of(keys["traces"], session))
    if "open" not in keys or keys["open"].of(bool):
        whole.trying(session.open)
    return session


def experiment_of(place: Place) -> Experiment:
    """Return the experiment of this id or name, made if it is missing."""
    name = str(place.value).strip()
    if not name or isinstance(place.value, dict | list | bool):
        place.refuse("this has to be an experiment's name or id.")
    known = Experiment.objects.filter(pk=int(name)).first() if name.isdecimal() and len(name) < 19 else None
    return known or Experiment.objects.get_or_create(name=name[:250])[0]


def reviews_per_item_of(place: Place | None) -> int | None:
    if place is None:
        return 1
    if place.value == "all":
        return None
    if not isinstance(place.value, int) or isinstance(place.value, bool) or not 1 <= place.value <= 1000:
        place.refuse("this has to be a number from 1 on, or all.")
    return place.value


def person_of(place: Place) -> User:
    email = place.of(str).strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        place.refuse(f"nobody has the address {email}; make them first, with create_user.")
    return user


def question_of(place: Place, experiment: Experiment) -> QuestionSpec:
    """Return a question of the experiment's library, made or given new words if need be."""
    keys = place.keys(*QUESTION_KEYS)
    if "name" not in keys:
        place.refuse("“name” is missing.")
    name = keys["name"].of(str)
    words: dict[str, Any] = {key: keys[key].of(str) for key in ("title", "instruction") if key in keys}
    if "input" in keys:
        words["input"] = keys["input"].of(dict)
    if "enable_comment" in keys:
        words["enable_comment"] = keys["enable_comment"].of(bool)
    kind = keys["type"].of(str) if "type" in keys else None
    schema = LabelSchema.objects.filter(experiment=experiment, name=name).first()
    if schema is None:
        judge_name = keys["judge_name"].of(str) if "judge_name" in keys else ""
        schema = ask(place, experiment, name, kind, words, judge_name)
    else:
        if kind not in (None, schema.type):
            place.refuse(f"the experiment's “{name}” is {schema.type}, and that can’t change.")
        place.trying(lambda: schema.revise(**words))
    return QuestionSpec(
        schema,
        is_required=keys["required"].of(bool) if "required" in keys else False,
        show_if=keys["show_if"].of(dict) if "show_if" in keys else {},
    )


def ask(
    place: Place, experiment: Experiment, name: str, kind: str | None, words: dict[str, Any], judge_name: str
) -> LabelSchema:
    if name in built_in():
        words, kind = built_in()[name] | words, kind or Assessment.Kind.EXPECTATION
    for needed in ("title", "input"):
        if needed not in words:
            place.refuse(f"“{needed}” is missing, and the experiment has no question “{name}” yet.")
    type_ = kind or Assessment.Kind.FEEDBACK
    return place.trying(
        lambda: LabelSchema.objects.ask(experiment=experiment, name=name, type=type_, judge_name=judge_name, **words)
    )


def traces_of(place: Place, session: LabelingSession) -> list[Trace]:
    """Return the traces a file asks for: by id, or those of the experiment that match, or a sample of these.

    A seed that the file leaves out is drawn, and kept in the session with what else was asked for.
    """
    keys = place.keys(*TRACES_KEYS)
    if "ids" in keys:
        if len(keys) > 1:
            place.refuse("“ids” stands alone: those traces and no others.")
        return [trace_of(each, session.experiment) for each in keys["ids"].each()]
    filter_string = keys["filter"].of(str) if "filter" in keys else ""
    found = keys.get("filter", place).trying(
        lambda: matching(Trace.objects.filter(experiment=session.experiment), filter_string)
    )
    if "sample" not in keys:
        return list(found.order_by("request_time", "trace_id"))
    size = keys["sample"].of(int)
    if size < 1:
        keys["sample"].refuse("this has to be at least 1.")
    seed = keys["seed"].of(int) if "seed" in keys else secrets.randbelow(MOST_SEEDS)
    # Drawn now, so the set-up page has nothing more to draw: to it, these were picked by hand.
    session.selection = {"mode": "hand", "filter": filter_string, "size": size, "seed": seed}
    session.save(update_fields=["selection"])
    return sample_of(found, size, seed=seed)


def trace_of(place: Place, experiment: Experiment) -> Trace:
    trace = Trace.objects.filter(pk=place.of(str), experiment=experiment).first()
    if trace is None:
        place.refuse(f"the experiment {experiment} has no trace {place.value}.")
    return trace
