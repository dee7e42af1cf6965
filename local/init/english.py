"""The samples in English."""

from __future__ import annotations

import re

from baton.settings import CHECKOUT
from local.init.samples import DirectoryComments, RulesComments, Samples, TemplatesComments

DIRECTORY_HEAD = """\
# The company: who works here. A database that has no directory yet is filled from this file; afterwards the
# directory is kept in the database, and changed with `baton directory` and `baton staff`.
#
# Rules, templates and programs name people, lines and departments by the key in front of the colon. A key has
# no spaces and no colons, and stays as it is: a key that is written differently is somebody else. Names are
# for people, and may change.
"""
CALENDARS = """
# Hours of business. A line with a calendar gets cases only within it; the answer of a department is due in
# the hours of its calendar. Whoever has no calendar works at any hour.
calendars:
  office:
    timezone: {timezone}
    weekly:                       # a weekday that is not named is free
{weekly}
    # holidays: DE                # public holidays; with those of a state: {{country: DE, subdivision: BE}}
    # days_off: [2026-12-31]      # other free days
    # days: {{2026-12-24: [09:00-13:00], 2027-02-20: like fri}}   # days with other hours
"""
LINES = """
# A line is a group of support staff: a tier, the phones, the chats. Everybody has one at most. When a member
# of one line writes in a chat that another line holds, the writer takes over, unless the line of the writer
# says `takes_over: false`. For hours, add `calendar: office`.
"""
DEPARTMENTS = """
# A department answers tickets: its label on a ticket asks it. Its lead is told when an answer is late.
# `remind_before_hours: 4` would remind its members before that.
"""
LABELS_HEAD = """
# Labels beside those of the departments. A template leaves `several-departments` on a ticket.
"""
STAFF = """
# `chats` is a habit: whether somebody usually works with chats. What a person does at the moment (online,
# without chats, offline) is not in this file: `baton staff set-status`. `max_chats` is how many active chats
# a person takes at a time, `max_tickets` how many open tickets to be looked at or answered. An account that
# several people use gets `shared: true`. A role is a word that rules may ask for. An example:
#
#   nina: {{name: Nina, line: {line}, max_chats: 5, max_tickets: 20, roles: [team-lead]}}
"""
RULES_HEAD = """\
# The rules: what happens by itself. Begun with those that come with Baton: four for chats, one for tickets.
#
# Some people do not work with chats, but now and then they write to a customer there: experts, who answer at
# length, or people on the phones, who leave a message. If the customer answers, somebody who works with chats
# should be there: in this file, {name}. The rules ask about a writer who is not in that line, so they
# cover every other line, those that you add later, too.
#
"""
RULES_HEAD_WITHOUT_LINES = """\
# The rules: what happens by itself. Begun with the rule for tickets that comes with Baton.
#
"""
TEMPLATES_HEAD = """\
# Templates: what a dispatcher applies to a ticket to ask several departments at once.
#
# That puts the labels of the departments on the ticket, and leaves a note that says what to do. Each
# department finds the ticket under its own label, answers with a note, and thereby loses the label. Whoever
# answers last gets a draft of all answers, and sends the customer one reply.
#
"""
NONE_YET = """\
# There are no departments to ask yet. With two of them in the directory, a template may look like this:
#
# templates:
#   - id: both
#     name: Billing and delivery
#     departments: [billing, delivery]
#     note: Please answer your part with a note.
templates: []
"""
ALL_DEPARTMENTS = """\
templates:
  # They are notified, and the customer hears when to expect an answer.
  - id: all-departments
    name: {name}
    departments: {departments}
    note: |
      Questions for {{{{ departments | join(", ") }}}}. Please answer your part with a note:
      {{% for department in departments %}}
      - {{{{ department.name }}}}{until}
      {{% endfor %}}

      Write so that the customer can read it, and please do not answer the customer directly.
      Whoever writes the last note puts the answers together and sends one reply.
      Questions about this: {{{{ dispatcher.name }}}}.
    notify: {{departments: true}}
    message: |
      Thank you for your message. Each of the departments concerned is looking into its part.
      You will get one answer to everything{by}.

  # The minimum: the departments find the ticket under their labels, and the customer is told nothing.
  - id: all-departments-quiet
    name: {quiet}
    departments: {departments}
    note: |
      Please answer your part with a note: {{{{ departments | join(", ") }}}}.
      Whoever writes the last note puts the answers together and sends one reply.
"""
UNTIL = "{% if department.due %}, until {{ department.due | day }}, {{ department.due | time }}{% endif %}"
BY = "{% if expected %} by {{ expected | day }}, {{ expected | time }}{% endif %}"


def _line(name: str) -> str:
    return f"line {name}" if name else "the line for chats"


def _about(text: str, name: str) -> str:
    line = _line(name)
    instead = {"line 1's": f"{line}'" if line.endswith("s") else f"{line}'s", "line 1": line}
    return re.sub(r"\bline 1(?:'s)?", lambda found: instead[found[0]], text)


SAMPLES = Samples(
    DirectoryComments(DIRECTORY_HEAD, CALENDARS, LINES, DEPARTMENTS, LABELS_HEAD, STAFF),
    RulesComments(
        shipped=CHECKOUT / "deploy/rules/support-lines.yaml",
        head=RULES_HEAD,
        head_without_lines=RULES_HEAD_WITHOUT_LINES,
        reading="# How to read a rule:",
        tickets="  # --- Tickets ---\n",
        line=_line,
        about=_about,
    ),
    TemplatesComments(
        shipped=CHECKOUT / "deploy/templates/several-departments.yaml",
        head=TEMPLATES_HEAD,
        reading="# How to read a template:",
        none_yet=NONE_YET,
        all=ALL_DEPARTMENTS,
        until=UNTIL,
        by=BY,
        conjunction=" and ",
        quiet="{names}, labels and a note only",
    ),
)
