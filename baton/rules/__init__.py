"""Rules: the language, the loader and the engine. Pure; see ``language`` for how a rule is written."""

from baton.rules.engine import Ruling, decide
from baton.rules.language import RuleList
from baton.rules.loading import load_rules, parse_rules
from baton.rules.ruleset import RuleSet

__all__ = ["RuleList", "RuleSet", "Ruling", "decide", "load_rules", "parse_rules"]
