"""Which language is spoken, and how its texts are found."""

from __future__ import annotations

import pytest

from baton.settings import load_settings
from baton.texts import Language, Phrase, of_browser, of_locale, texts_in

EN, RU = Language.EN, Language.RU


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("ru", RU),
        ("ru-RU,ru;q=0.9,en;q=0.8", RU),
        ("en-GB,en;q=0.9,ru;q=0.8", EN),
        ("en;q=0.5, ru", RU),
        ("EN;Q=0.5,RU;Q=0.6", RU),
        ("de-DE,de;q=0.9,ru;q=0.4", RU),
        ("ru;q=0.5,en;q=0.5", RU),  # in the order given
        ("ru;q=0", EN),
        ("ru;q=2, en;q=0.1", EN),
        ("ru;q=loud, en;q=0.1", EN),
        ("ru;level=1;q=0.9", EN),
    ],
)
def test_a_browser_says_what_its_person_prefers(accepted: str, chosen: Language) -> None:
    assert of_browser(accepted, EN) is chosen


@pytest.mark.parametrize("accepted", [None, "", "*", "de", "rus-tic", ";;,,=", "ru;q=nan"])
@pytest.mark.parametrize("otherwise", list(Language))
def test_where_a_browser_says_nothing_of_use_the_language_is_the_given_one(
    accepted: str | None, otherwise: Language
) -> None:
    assert of_browser(accepted, otherwise) is otherwise


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, EN),
        ({"LANG": "ru_RU.UTF-8"}, RU),
        ({"LANG": "ru"}, RU),
        ({"LANG": "ru@euro"}, RU),
        ({"LANG": "de_DE.UTF-8"}, EN),
        ({"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, RU),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, EN),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, RU),
    ],
)
def test_a_machine_has_its_language_in_the_variables_of_posix(
    environment: dict[str, str], chosen: Language
) -> None:
    assert of_locale(environment) is chosen


def test_the_setting_wins_over_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    assert load_settings().language is RU
    monkeypatch.setenv("BATON_LANGUAGE", "EN")
    assert load_settings().language is EN


def test_the_sources_are_english_so_that_english_texts_are_as_they_are() -> None:
    texts = texts_in(EN)

    assert texts("Nobody of us has ever written this.") == "Nobody of us has ever written this."
    assert texts.of(Phrase("status", "closed")) == "closed"
    assert [texts.several("{n} box", "{n} boxes", n) for n in (1, 2)] == ["{n} box", "{n} boxes"]


def test_an_empty_text_stays_empty() -> None:
    assert [texts_in(language)("") for language in Language] == ["", ""]
