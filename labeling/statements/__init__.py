"""The statements of a label, written by hand.

Each label runs the same dozen, and the ORM took ten times as long to build them anew as the database takes to answer.
So these, and no others, are written down; they are the same on SQLite and PostgreSQL. What locks, in which order and
why stands with those who call them: claiming, recording, access. Lists of columns come from the models.
"""
