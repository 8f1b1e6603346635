"""The statements that begin and end each turn, written by hand: see reviewapp/lib/columns.py.

They were half of what a turn costs, nearly all of it spent on building them anew. What locks, in which order and why,
stands with those who call them: turns, keeping, tracing, linking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from chat.folding import SEEN
from chat.models import Conversation, Endpoint, EndpointQuestion, Turn
from labeling.models import LabelSchema, LabelSchemaVersion
from reviewapp.lib.columns import Columns, Rows, Statement, fetch, mark_stored, read_row, run
from traces.models import Experiment, Trace

CONVERSATION = Columns(Conversation, of="c")
ENDPOINT = Columns(Endpoint, of="e")
EXPERIMENT = Columns(Experiment, of="x")
PERSON = Columns(User, of="p")
TURN = Columns(Turn, of="t")
STEM = Columns(Turn, of="t", only=["id", "parent", "started_at"])  # where a turn stands, without its texts
QUESTION = Columns(EndpointQuestion, of="q")
SCHEMA = Columns(LabelSchema, of="l")
VERSION = Columns(LabelSchemaVersion, of="v")
NEW_TURN = Columns(Turn)
ASKED = Columns(Conversation, only=["title", "leaf", "draft", "updated_at"])
SAID = Columns(Turn, only=[*SEEN, "ended_at"])
LINKED = Columns(Turn, only=["trace", "trace_span_id", "own_trace_id", "link"])
OF_SESSION = Columns(Trace, of="r", only=["trace_id", "request_time", "session_id"])


def changing(columns: Columns[Any]) -> str:
    return ", ".join(f'"{field.column}" = %({field.column})s' for field in columns.fields)


# Who may.


TALK = f"""{CONVERSATION.listed}, {ENDPOINT.listed}, {EXPERIMENT.listed}, {PERSON.listed}"""
TALKS = """
    JOIN chat_endpoint e ON e.id = c.endpoint_id
    JOIN traces_experiment x ON x.id = e.experiment_id
    JOIN accounts_user p ON p.id = c.user_id
"""
READABLE = f"""
    SELECT {TALK} FROM chat_conversation c {TALKS}
    WHERE c.id = %(conversation)s AND (%(reads_all)s OR c.user_id = %(user)s)
        AND (c.is_listed OR NOT EXISTS (
            SELECT 1 FROM chat_comparison m JOIN chat_round r ON r.comparison_id = m.id
            WHERE (m.first_id = c.id OR m.second_id = c.id) AND m.user_id = %(user)s AND r.choice = ''
        ))
"""  # noqa: S608 - names of ours
MAY_CHAT = """
    SELECT 1 FROM chat_endpoint e
    WHERE e.id = %(endpoint)s AND e.archived_at IS NULL AND (%(reads_all)s OR e.is_for_everybody OR EXISTS (
        SELECT 1 FROM chat_endpoint_people m WHERE m.endpoint_id = e.id AND m.user_id = %(user)s
    ))
"""


def find_readable(user: User, conversation_id: UUID) -> Conversation | None:
    """Return one of chat.access.readable_conversations_for, with its endpoint, experiment and person."""
    rows = fetch(READABLE, conversation=conversation_id, user=user.pk, reads_all=user.reads_traces)
    return next((talk_in(row)[0] for row in rows), None)


def may_chat(user: User, endpoint_id: UUID) -> bool:
    """Whether the endpoint is one of chat.access.endpoints_for."""
    return bool(fetch(MAY_CHAT, endpoint=endpoint_id, user=user.pk, reads_all=user.reads_traces))


def talk_in(row: Sequence[Any]) -> tuple[Conversation, list[Any]]:
    """Read a TALK, and return it with the values that are left."""
    conversation, endpoint, experiment, person, *rest = read_row(row, CONVERSATION, ENDPOINT, EXPERIMENT, PERSON)
    endpoint.experiment = experiment
    conversation.endpoint, conversation.user = endpoint, person
    return conversation, rest


# Turns.


TURN_IN = f"SELECT {TURN.listed} FROM chat_turn t WHERE t.id = %(turn)s AND t.conversation_id = %(conversation)s"  # noqa: S608
IN_THE_WAY = f"""
    SELECT {TURN.listed} FROM chat_turn t
    WHERE t.id = %(turn)s OR (t.conversation_id = %(conversation)s AND t.state = 'running')
"""  # noqa: S608 - names of ours
STEMS = f"""
    SELECT {STEM.listed} FROM chat_turn t WHERE t.conversation_id = %(conversation)s ORDER BY t.started_at, t.id
"""  # noqa: S608 - names of ours
BEGUN = f"UPDATE chat_conversation SET {changing(ASKED)} WHERE id = %(id)s"  # noqa: S608 - names of ours


def find_turn_in(conversation: Conversation, turn_id: UUID) -> Turn | None:
    return next(turns_in(conversation, fetch(TURN_IN, turn=turn_id, conversation=conversation.pk)), None)


def find_in_the_way(conversation: Conversation, turn_id: UUID) -> list[Turn]:
    """Return the turn of that id, of whatever conversation, and those of this one that run."""
    rows = fetch(IN_THE_WAY, turn=turn_id, conversation=conversation.pk)
    return [*turns_in(conversation, rows)]


def turns_in(conversation: Conversation, rows: Rows) -> Any:
    for row in rows:
        turn = TURN.read(row)
        if turn.conversation_id == conversation.pk:
            turn.conversation = conversation
        yield turn


def find_stems(conversation_id: UUID) -> list[Turn]:
    """Return all turns of a conversation, oldest first, without what was said."""
    return [STEM.read(row) for row in fetch(STEMS, conversation=conversation_id)]


def add_turn(turn: Turn) -> None:
    """Insert a turn, and write what asking it changed in its conversation. Raises: IntegrityError."""
    talk = turn.conversation
    run(NEW_TURN.insertion_of([turn]), Statement(BEGUN, ASKED.given_by(talk) | {"id": talk.pk}))
    mark_stored(turn)


# Its run.


CLAIM = """
    INSERT INTO chat_turnchunk (turn_id, first, last, events)
    SELECT t.id, 0, 0, '[]' FROM chat_turn t WHERE t.id = %(turn)s AND t.state = 'running' {lock}
    ON CONFLICT DO NOTHING RETURNING id
"""
LOCK = {"postgresql": "FOR NO KEY UPDATE", "sqlite": ""}  # SQLite has one writer at a time
LOCK_TURN = {"postgresql": "FOR UPDATE OF t", "sqlite": ""}
TO_BE_RUN = f"""
    SELECT {TALK}, {TURN.listed} FROM chat_turn t JOIN chat_conversation c ON c.id = t.conversation_id {TALKS}
    WHERE t.id = %(turn)s AND t.state IN ('running', 'interrupted') {{lock}}
"""  # noqa: S608 - names of ours
SAY = f"UPDATE chat_turn SET {changing(SAID)} WHERE id = %(id)s"  # noqa: S608 - names of ours
DROP_CHUNKS = "DELETE FROM chat_turnchunk WHERE turn_id = %(turn)s"


def claim(turn_id: UUID) -> bool:
    """Write the chunk before the first event, of which there can be only one; False where it is there, or too late."""
    return bool(fetch(CLAIM.format(lock=LOCK[connection.vendor]), turn=turn_id))


def find_to_be_run(turn_id: UUID, *, lock: bool = False) -> Turn | None:
    """Return a turn that runs or was interrupted, with its talk."""
    for row in fetch(TO_BE_RUN.format(lock=LOCK_TURN[connection.vendor] if lock else ""), turn=turn_id):
        talk, rest = talk_in(row)
        turn = TURN.read(rest)
        turn.conversation = talk
        return turn
    return None


def put_down(turn: Turn) -> None:
    """Write what a turn came to, and drop its chunks."""
    said = Statement(SAY, SAID.given_by(turn) | {"id": turn.pk})
    run(said, Statement(DROP_CHUNKS, {"turn": turn.pk}))


# Its record.


HELD_FOR_RECORD = """
    SELECT t.own_trace_id, EXISTS (
        SELECT 1 FROM traces_trace r WHERE r.trace_id = %(wanted)s AND r.created_at < %(asked_at)s
    )
    FROM chat_turn t WHERE t.id = %(turn)s {lock}
"""
JOINED = "SELECT 1 FROM traces_span WHERE trace_id = %(trace)s AND scope <> %(ours)s LIMIT 1"
NAMING_SESSION = f"""
    SELECT {OF_SESSION.listed} FROM traces_trace r
    WHERE r.session_id = %(session)s AND NOT EXISTS (SELECT 1 FROM chat_turn t WHERE t.trace_id = r.trace_id)
    ORDER BY r.request_time, r.trace_id
"""  # noqa: S608 - names of ours
LINK = f"UPDATE chat_turn SET {changing(LINKED)} WHERE id = %(id)s"  # noqa: S608 - names of ours


def hold_for_record(turn: Turn, wanted: str, asked_at: datetime) -> tuple[str, bool]:
    """Lock a turn; return its `own_trace_id`, and whether somebody's trace had the id `wanted` before it was asked."""
    sql = HELD_FOR_RECORD.format(lock=LOCK[connection.vendor])
    for own_trace_id, is_taken in fetch(sql, turn=turn.pk, wanted=wanted, asked_at=asked_at):
        return own_trace_id, bool(is_taken)
    raise Turn.DoesNotExist


def has_spans_besides(trace_id: str, scope: str) -> bool:
    return bool(fetch(JOINED, trace=trace_id, ours=scope))


def find_traces_of_session(session_id: str) -> list[Trace]:
    """Return the traces that name a session and are no turn's record, by time; with only what that takes."""
    return [OF_SESSION.read(row) for row in fetch(NAMING_SESSION, session=session_id)]


def write_link(turn: Turn) -> None:
    run(Statement(LINK, LINKED.given_by(turn) | {"id": turn.pk}))


# What is asked about its answer.


QUESTIONS = f"""
    SELECT {QUESTION.listed}, {SCHEMA.listed}, {VERSION.listed}
    FROM chat_endpointquestion q
    JOIN labeling_labelschema l ON l.schema_id = q.schema_id
    JOIN labeling_labelschemaversion v ON v.id = l.current_id
    WHERE q.endpoint_id = %(endpoint)s AND q.about = %(about)s
    ORDER BY q.position, q.id
"""  # noqa: S608 - names of ours


def find_questions(endpoint_id: UUID, about: str) -> list[EndpointQuestion]:
    """Return the questions of an endpoint in their order, with their current words."""
    questions = []
    for row in fetch(QUESTIONS, endpoint=endpoint_id, about=about):
        question, schema, schema.current = read_row(row, QUESTION, SCHEMA, VERSION)
        question.schema = schema
        questions.append(question)
    return questions
