"""What a newcomer finds in an empty database: people, traces of nine invented teams, and sessions under way.

traces/*.yaml   exchanges of one assistant each, told as spans by `telling`
captured.yaml   exchanges that were recorded from instrumented applications, in captured/
people.yaml, questions.yaml, sessions.yaml

In the first two, `flaw` says what is wrong with an answer. It is for whoever writes more of them and is not
loaded: the experts are to find it. `judge` is what an LLM judge made of the answer; it is right about four times
out of five.

Times are in hours before the data is loaded (`hours_ago`), so the demo is always of this week.
"""
