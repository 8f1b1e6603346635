"""The developers' list of traces: what is asked for, what a row says, what can be done with many at once."""
