"""Taking traces over from a server, again and again.

due           whose turn it is; the worker asks
pull          one turn: what is new, then what may have changed, then files that are still to come
storing       a batch of traces into the database, with the cursor, in one transaction
assessments   what is said there and what is said here, brought together
spans         a span as the server writes it
attachments   files that spans name
"""
