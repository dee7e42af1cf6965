"""The replay gate: do recorded histories still fit the workflow code of this checkout?

Temporal's replayer notices a command that is missing, new or of another kind. It does not notice what is *in*
the commands: other arguments of an activity, another length of a timer, a search attribute that is no longer
set. The gate compares these as well.

    recorder.py   keeps the commands that the workflow code makes during a replay
    commands.py   puts them and those of a history into one form
    compare.py    says what differs, in words
    gate.py       replays one history after another
    __main__.py   the process that ``baton replay`` starts, once for each core
"""
