"""The templates of a new company: its departments are asked with them."""

from __future__ import annotations

from baton.documents.yamlwriting import inline
from baton.settings import CHECKOUT
from local.init.asked import Asked

SHIPPED = CHECKOUT / "deploy/templates/several-departments.yaml"

HEAD = """\
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
ALL = """\
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
_UNTIL = "{% if department.due %}, until {{ department.due | day }}, {{ department.due | time }}{% endif %}"
_BY = "{% if expected %} by {{ expected | day }}, {{ expected | time }}{% endif %}"
_AFTER_THE_HEAD = "# How to read a template:"
_TEMPLATES = "templates:\n"


def templates_text(asked: Asked) -> str:
    """The text of ``templates.yaml``."""
    # What a text may say, the version, and the draft: as they are shipped.
    _, _, rest = SHIPPED.read_text(encoding="utf-8").partition(_AFTER_THE_HEAD)
    beginning = HEAD + _AFTER_THE_HEAD + rest.partition(_TEMPLATES)[0]
    if not asked.departments:
        return beginning + NONE_YET
    *others, last = (department.name for department in asked.departments)
    names = f"{', '.join(others)} and {last}" if others else last
    return beginning + ALL.format(
        name=inline(names),
        quiet=inline(f"{names}, labels and a note only"),
        departments=inline([department.key for department in asked.departments]),
        until=_UNTIL,
        by=_BY,
    )
