"""The demo's application to talk to: a guide to this project, made of its own documents, without a model.

endpoint    the process: OpenAI Chat Completions over HTTP, its spans sent to the Review App
guide       what it answers, in two editions: the first is terse and sometimes wrong, so that comparing means something
documents   README.md and the others as passages; `passages` finds among them
settings_table   its one tool: what README.md says about a setting
loading     the endpoints, talks and comparison that an empty database gets; the rest here knows no Django
"""
