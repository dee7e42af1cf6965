"""Reports from the ledger: tables of figures about a period, or about now.

`history` reads what happened to cases, one after the other; a report is a plain object that looks at each
(`handoffs`, `waiting`, `replies`, `hours`) and then says its tables. `late` asks for what is now. Nothing
here writes, and nothing needs more memory for more cases than their durations.

What each figure counts is defined in docs/reports.md.
"""
