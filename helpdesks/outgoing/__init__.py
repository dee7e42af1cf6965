"""What leaves here: letters to subscribers, which are programs, chat tools, and people with e-mail.

A *letter* is one thing to be told to one *subscriber*. It is written in the transaction that does what it
tells of, so that nothing is lost and nothing is told twice; `activities.delivering` delivers it.
"""
