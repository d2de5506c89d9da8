"""Every key has an id and says what it does; the user may give it another one, and is told where that cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.keys import format_key
from textual.screen import ModalScreen, Screen

import hitl_tui
from hitl_tui.config.reading import Loaded
from hitl_tui.config.values import Config
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.keymap import Known, classes_with_keys, keymap, known_keys
from hitl_tui.tui.own_settings import OwnSettings
from tests.tui.threads import ask, decision_of, listed, on_screen, opened, painted, selected, shown, waiting
from tests.waiting import eventually

KNOWN = known_keys()
ALL = [
    pytest.param(kind, binding, id=f"{kind.__name__}-{binding.key if isinstance(binding, Binding) else binding}")
    for kind in classes_with_keys()
    for binding in kind.__dict__.get("BINDINGS", ())
]


def of(name: str) -> Known:
    return next(each for each in KNOWN if each.id == name)


def settings(**keys: str) -> OwnSettings:
    return OwnSettings(Loaded(Config(keys={name.replace("__", "."): key for name, key in keys.items()})))


@pytest.mark.parametrize(("kind", "binding"), ALL)
def test_every_key_of_every_screen_has_an_id_and_says_what_it_does(kind: type, binding: Binding) -> None:
    assert isinstance(binding, Binding)
    assert binding.id, f"{kind.__name__}: give {binding.key} an id, so that it can have another key"
    # With a tooltip it is in the palette, too; nobody looks for a move or a digit by its name.
    assert binding.tooltip or binding.description, f"{kind.__name__}: {binding.key} needs a tooltip"


def test_an_id_names_one_deed_and_no_two_screens_share_it() -> None:
    words: dict[str, set[str]] = {}
    for each in KNOWN:
        words.setdefault(each.id, set()).add(each.words)
    assert not {name: found for name, found in words.items() if len(found) > 1}


def test_by_default_no_key_has_two_meanings_at_one_place_but_where_one_is_meant_to_come_first() -> None:
    """A key of the list or the request may only hide one that says what to press instead, or closes something."""
    _, wrong = keymap({each.id: ",".join(each.keys) for each in KNOWN if not each.id.startswith("dead.")}, KNOWN)
    assert wrong == []


def test_a_deed_has_one_key_in_the_list_and_in_the_request() -> None:
    found, wrong = keymap({"list.approve": "y", "inbox.copy": "ctrl+y"}, KNOWN)
    assert wrong == []
    assert found["list.approve"] == found["detail.approve"] == "y"
    assert "y" in found["dead.what_fits"].split(",")
    assert "a" not in found["dead.what_fits"].split(",")


_NAMED = re.compile(r"""key(?:_of)?\((?:[\w.]+\.app, )?f?["']([a-z_]+\.[a-z_]+)["'], ["'](.+?)["']\)""")


def test_a_text_names_the_key_of_what_it_speaks_of() -> None:
    """`key_of(app, id, own)`: where nothing was remapped the text says `own`, so it must be the binding's key."""
    keys = {each.id: {format_key(key).lower() for key in each.keys} | set(each.keys) for each in KNOWN}
    shown = {"esc": "escape"}
    found = [
        (name, own)
        for file in Path(hitl_tui.__file__).parent.glob("tui/**/*.py")
        for name, own in _NAMED.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(found) > 40
    wrong = [(name, own) for name, own in found if not {own.lower(), own, shown.get(own)} & keys[name]]
    assert not wrong


async def test_texts_name_the_users_keys(database: Path, tmp_path: Path) -> None:
    own = settings(inbox__start="ctrl+t", inbox__undo="ctrl+y", detail__whole="W, X", app__runner="ctrl+w")
    async with opened(database, settings=own, undo_seconds=60) as (pilot, screen, inbox):
        await eventually(on_screen(pilot, "^t         starts a workflow"))
        await ask(inbox, tmp_path, "one", prompt="x\\n" * 1_000)
        await listed(screen, 1)
        assert "— W shows all" in screen.detail.material.plain_text
        await pilot.press("a")
        await eventually(lambda: "— ^y undoes (" in screen.footer.notice)


async def test_a_decision_on_another_key(database: Path, tmp_path: Path) -> None:
    own = settings(list__approve="y", inbox__copy="ctrl+y", app__help="f1", list__up="p", inbox__priority="P")
    assert own.problems == []
    async with opened(database, settings=own, size=(120, 60)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        first = selected(screen)
        assert "y approve" in painted(pilot)[-1]
        assert "f1 help" in painted(pilot)[-1]
        # No longer `j/k`: k is another key now.
        assert "j move" in painted(pilot)[-1]
        await eventually(on_screen(pilot, "[y] Approve"))
        await pilot.press("a")
        assert await waiting(inbox) == ["one", "two"]
        await pilot.press("y")
        await eventually(lambda: screen.footer.notice.startswith("approved"))
        assert (await decision_of(inbox, first)).action == "approve"
        await pilot.press("f1")
        await eventually(on_screen(pilot, "Approve the selected request"))
        line = next(line for line in painted(pilot) if "Approve the selected request" in line)
        assert "  y  " in line
        await pilot.press("escape")
        await pilot.press("ctrl+p", *"approve the sel")
        await eventually(on_screen(pilot, "key: y"))


async def test_a_remapped_key_of_the_app_works_inside_an_editor(database: Path, tmp_path: Path) -> None:
    """Its own key (`?`) is text there; the new one is not."""
    async with opened(database, settings=settings(app__help="f1")) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press("question_mark", "f1")
        await eventually(on_screen(pilot, "Everywhere"))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"inbox.rety": "x"}, "nothing has this id; did you mean inbox.retry?"),
        ({"zzz": "x"}, "`hitl config --keys` lists the ids"),
        ({"dead.what_fits": "x"}, "nothing has this id"),
        ({"inbox.retry": "x"}, "x is already the key of inbox.cancel"),
        ({"inbox.retry": "ctrl+r", "inbox.cancel": "ctrl+r"}, "ctrl+r is already the key of inbox."),
        ({"list.approve": "y"}, "y is already the key of inbox.copy"),
        ({"app.theme": "j"}, "j is already the key of "),
        ({"list.open": "space"}, "space is already the key of list.mark"),
        ({"list.mark": "ctrl+d"}, "ctrl+d is already the key of list.half_down"),
        ({"dashboard.days": "j"}, "j is already the key of dashboard.down"),
        ({"help.close": "f1", "inbox.retry": "f1, enter"}, "enter is already the key of "),
        ({"detail.submit": "s"}, "an editor would take s for text"),
        ({"app.quit_always": "Q"}, "an editor would take Q for text"),
        ({"prompt.close": "x"}, "an editor would take x for text"),
        ({"start.close": "x"}, "an editor would take x for text"),
        ({"start.go": "x"}, "an editor would take x for text"),
        ({"start.go": "tab"}, "tab is already the key of start.next (Next field)"),
    ],
)
def test_what_cannot_be_is_named_and_left_as_it_was(wanted: dict[str, str], words: str) -> None:
    found, wrong = keymap(wanted, KNOWN)
    assert len(wrong) == 1
    assert words in f"{wrong[0].message}; {wrong[0].remedy}"
    assert wrong[0].id in wanted
    assert wrong[0].id not in found


def test_keys_can_change_places_and_be_freed() -> None:
    swapped = {"list.approve": "r", "list.reject": "a", "inbox.retry": "x", "inbox.cancel": "R"}
    found, wrong = keymap(swapped, KNOWN)
    assert wrong == []
    assert (found["detail.approve"], found["detail.reject"]) == ("r", "a")


def test_dialogs_have_keys_of_their_own() -> None:
    """What works in a dialog only may have a key of the list."""
    assert keymap({"filter.clear": "x", "help.close": "z"}, KNOWN)[1] == []
    dialog = of("filter.clear").owner
    assert issubclass(dialog, ModalScreen)
    assert of("app.theme").places >= {"list", "request"}
    assert not of("app.theme").places & of("filter.clear").places


@pytest.mark.parametrize("wanted", [{"list.mark": "h"}, {"search.leave": "pageup"}, {"dashboard.down": "h"}])
def test_what_works_beside_a_request_may_have_a_key_of_the_request(wanted: dict[str, str]) -> None:
    assert keymap(wanted, KNOWN)[1] == []


@pytest.mark.parametrize(
    "kind", [each for each in classes_with_keys() if issubclass(each, Screen) and not issubclass(each, ModalScreen)]
)
def test_the_keys_of_the_app_work_on_every_screen_that_is_no_dialog(kind: type) -> None:
    assert all(each.places <= of("app.theme").places for each in KNOWN if each.owner is kind)


def test_an_answer_with_other_keys_than_another_answer() -> None:
    """Two kinds of answer are never before the eyes at once."""
    assert keymap({"answer.end": "f6"}, KNOWN)[1] == []


async def test_swapped_keys_decide_as_they_are_swapped(database: Path, tmp_path: Path) -> None:
    own = settings(list__approve="r", list__reject="a")
    async with opened(database, settings=own) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await shown(screen)
        await pilot.press("r")
        await eventually(lambda: screen.footer.notice.startswith("approved"))


def test_all_screens_are_known() -> None:
    assert {"InboxScreen", "HelpScreen", "FilterScreen"} <= {
        kind.__name__ for kind in classes_with_keys() if issubclass(kind, Screen)
    }
    assert HitlApp in classes_with_keys()
