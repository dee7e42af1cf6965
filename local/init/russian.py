"""The samples in Russian."""

from __future__ import annotations

import re

from baton.settings import CHECKOUT
from local.init.samples import DirectoryComments, RulesComments, Samples, TemplatesComments

DIRECTORY_HEAD = """\
# Справочник: кто здесь работает. Из этого файла заполняется база, в которой справочника ещё нет; потом
# справочник живёт в базе и меняется командами `baton directory` и `baton staff`.
#
# Правила, шаблоны и программы называют людей, линии и направления по ключу перед двоеточием. В ключе
# нет пробелов и двоеточий, и он не меняется: другой ключ – это уже кто-то другой. Имена – для людей, их
# можно менять.
"""
CALENDARS = """
# Рабочие часы. Линия с календарём получает обращения только в эти часы; срок ответа направления идёт в
# часах его календаря. У кого календаря нет, тот работает круглосуточно.
calendars:
  office:
    timezone: {timezone}
    weekly:                       # день недели, который не назван, – выходной
{weekly}
    # holidays: RU                # праздники страны; с региональными: {{country: DE, subdivision: BE}}
    # days_off: [2026-12-31]      # другие выходные
    # days: {{2026-12-30: [09:00-13:00], 2027-02-20: like fri}}   # дни с другими часами
"""
LINES = """
# Линия – группа сотрудников: первая линия, звонки, чаты. У каждого не больше одной. Когда сотрудник
# одной линии пишет в чате другой, чат переходит к нему, если только в его линии не сказано `takes_over:
# false`. Часы работы добавляет `calendar: office`.
"""
DEPARTMENTS = """
# Направление отвечает в тикетах: его спрашивает его метка на тикете. Если ответ опаздывает, об этом
# узнаёт руководитель (`lead`). `remind_before_hours: 4` заранее напомнит сотрудникам направления.
"""
LABELS_HEAD = """
# Метки кроме меток направлений. Шаблон оставляет на тикете `several-departments` – «Несколько
# направлений».
"""
STAFF = """
# `chats` – привычка: работает ли человек обычно с чатами. Чем он занят сейчас (онлайн, без чатов, не в
# сети), в этом файле нет: это `baton staff set-status`. `max_chats` – сколько активных чатов человек
# ведёт сразу, `max_tickets` – сколько открытых тикетов ему дают. Общая учётная запись получает `shared:
# true`. Роль – слово, о котором могут спросить правила. Пример:
#
#   nina: {{name: Нина, line: {line}, max_chats: 5, max_tickets: 20, roles: [team-lead]}}
"""
RULES_HEAD = """\
# Правила: что происходит само. Сначала здесь те, что поставляются с Baton: четыре для чатов, одно для
# тикетов.
#
# Часть сотрудников не работает постоянно с чатами, но время от времени пишет клиентам и там: эксперты
# отвечают подробно, менеджеры по звонкам оставляют сообщения. Если клиент ответит, общение должен
# подхватить тот, кто обычно отвечает на чаты; в этом файле это {name}. Правила спрашивают о написавшем
# не из этой линии, поэтому действуют для всех остальных линий, в том числе и для тех, что появятся
# позже.
#
"""
RULES_HEAD_WITHOUT_LINES = """\
# Правила: что происходит само. Сначала здесь правило для тикетов, которое поставляется с Baton.
#
"""
TEMPLATES_HEAD = """\
# Шаблоны: диспетчер применяет шаблон к тикету, чтобы спросить сразу несколько направлений.
#
# Шаблон выставляет на тикете метки направлений и оставляет заметку о том, что надо сделать. Каждое
# направление находит тикет по своей метке, отвечает заметкой, и метка снимается. Кто ответил последним,
# получает черновик со всеми ответами и отправляет клиенту один сводный ответ.
#
"""
NONE_YET = """\
# Направлений, которые можно спросить, пока нет. Когда в справочнике их будет два, шаблон может
# выглядеть так:
#
# templates:
#   - id: both
#     name: Оплата и доставка
#     departments: [billing, delivery]
#     note: Пожалуйста, ответьте на свою часть заметкой.
templates: []
"""
ALL_DEPARTMENTS = """\
templates:
  # Направления получают уведомление, клиент узнаёт, когда ждать ответа.
  - id: all-departments
    name: {name}
    departments: {departments}
    note: |
      Вопросы: {{{{ departments | join(", ") }}}}. Пожалуйста, ответьте на свою часть заметкой:
      {{% for department in departments %}}
      - {{{{ department.name }}}}{until}
      {{% endfor %}}

      Пишите так, чтобы это мог прочитать клиент, и, пожалуйста, не отвечайте ему напрямую.
      Кто оставит последнюю заметку, соберёт все ответы воедино и отправит один сводный ответ.
      Вопросы об этом – к диспетчеру: {{{{ dispatcher.name }}}}.
    notify: {{departments: true}}
    message: |
      Спасибо за ваше сообщение. Каждое направление уже занимается своей частью.
      Вы получите один ответ сразу на всё{by}.

  # Самое необходимое: направления находят тикет по своим меткам, клиенту не сообщают ничего.
  - id: all-departments-quiet
    name: {quiet}
    departments: {departments}
    note: |
      Пожалуйста, ответьте на свою часть заметкой: {{{{ departments | join(", ") }}}}.
      Кто оставит последнюю заметку, соберёт все ответы воедино и отправит один сводный ответ.
"""
_DATE = 'date("%d.%m.%Y")'
UNTIL = (
    f"{{% if department.due %}}, до {{{{ department.due | {_DATE} }}}}, {{{{ department.due | time }}}}"
    "{% endif %}"
)
BY = f"{{% if expected %}} до {{{{ expected | {_DATE} }}}}, {{{{ expected | time }}}}{{% endif %}}"


def _line(name: str) -> str:
    return f"линия «{name}»" if name else "линия для чатов"


def _about(text: str, name: str) -> str:
    called = f"«{name}»" if name else "для чатов"
    return re.sub(r"\b(лини[яиюей]+) 1\b", lambda found: f"{found[1]} {called}", text)


SAMPLES = Samples(
    DirectoryComments(DIRECTORY_HEAD, CALENDARS, LINES, DEPARTMENTS, LABELS_HEAD, STAFF),
    RulesComments(
        shipped=CHECKOUT / "deploy/rules/support-lines.ru.yaml",
        head=RULES_HEAD,
        head_without_lines=RULES_HEAD_WITHOUT_LINES,
        reading="# Как читать правило:",
        tickets="  # --- Тикеты ---\n",
        line=_line,
        about=_about,
    ),
    TemplatesComments(
        shipped=CHECKOUT / "deploy/templates/several-departments.ru.yaml",
        head=TEMPLATES_HEAD,
        reading="# Как читать шаблон:",
        none_yet=NONE_YET,
        all=ALL_DEPARTMENTS,
        until=UNTIL,
        by=BY,
        conjunction=" и ",
        quiet="{names}, только метки и заметка",
    ),
)
