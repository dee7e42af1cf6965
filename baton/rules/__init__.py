"""Rules: the language, the loader and the engine. Pure; see ``language`` for how a rule is written."""

from baton.rules.engine import Decided, decide
from baton.rules.language import RuleList
from baton.rules.loading import load_rules, parse_rules
from baton.rules.ruleset import RuleSet

__all__ = ["Decided", "RuleList", "RuleSet", "decide", "load_rules", "parse_rules"]
