"""What Baton has decided, noticed and refused, in the words of a language, for whoever reads it.

Everything here is for the place where it is read: a command, a page, a letter. What is kept, and what a
history has, are codes or English sentences of a fixed form, and stay so; `recorded` knows such sentences
again. A text that nobody knows, such as one that a rule's author wrote, is shown as it is.

========== ==========================================================
names      tabs, statuses, stages, presences, kinds of events, authors
notices    why somebody was told
waits      why a case waits
said       who wrote what kind of thing
listed     in whose hands the cases of a list are
stories    what happened to a case, who has it, who must act
refusals   why an event was refused
========== ==========================================================
"""
