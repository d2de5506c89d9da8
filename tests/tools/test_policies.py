"""Which calls a person decides: `interrupt_on`, predicates, conditions (rows 80 to 84, 111)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.agents.tools import ToolPolicy, interrupt_on, slip_of
from tests.tools.office import DOCUMENT


class ConditionalHITL(ToolPolicy):
    """As spec 002 prints it (Conditional Interrupts), but for the name of its base."""

    def should_interrupt(self, tool_name, args, state):  # type: ignore[no-untyped-def]
        # Always interrupt for production
        if state.get("environment") == "production":
            return True

        # Interrupt for large operations
        if tool_name == "batch_delete" and len(args["items"]) > 10:
            return True

        # Interrupt for sensitive data
        if "password" in str(args).lower():  # noqa: SIM103
            return True

        return False


CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("read", {}, {"environment": "production"}, True),  # row 81
    ("read", {}, {"environment": "test"}, False),
    ("batch_delete", {"items": list("0123456789")}, {}, False),  # row 82
    ("batch_delete", {"items": list("0123456789a")}, {}, True),
    ("read", {"items": list("0123456789a")}, {}, False),
    ("read", {"path": {"deep": ["the PassWord of root"]}}, {}, True),  # row 83
    ("read", {"PASSWORD": 1}, {}, True),
    ("read", {"path": "pass the word"}, {}, False),  # row 84
    ("read", {}, {}, False),
]
WHEN = (
    "('environment' in state and state.environment == 'production')"
    " or (tool_name == 'batch_delete' and len(args.items) > 10) or 'password' in lower(str(args))"
)


@pytest.mark.parametrize(("tool", "args", "state", "asks"), CASES)
def test_rows_80_to_84_a_predicate_decides_for_each_call(
    tool: str, args: dict[str, Any], state: dict[str, Any], asks: bool
) -> None:
    """row 80, row 81, row 82, row 83, row 84: the class of the document, and the same as an expression."""
    assert ConditionalHITL().should_interrupt(tool, args, state) is asks
    assert ToolPolicy({tool: {"when": WHEN}}).should_interrupt(tool, args, state) is asks


def test_row_80_a_predicate_may_stop_a_tool_that_the_mapping_does_not_name() -> None:
    """row 80"""
    policy = ConditionalHITL({"read": {"allowed_decisions": ["approve"]}})
    assert policy.rule_of("read").decisions == ("approve",)
    assert policy.rule_of("write").decisions == ("approve", "edit", "reject")


def test_row_111_the_configuration_of_the_document_is_accepted() -> None:
    """row 111"""
    policy = interrupt_on(DOCUMENT)
    assert policy.rule_of("delete_file").decisions == ("approve", "reject")
    assert [policy.should_interrupt(name, {}, {}) for name in (*DOCUMENT, "read_file")] == [True, True, False]


def test_true_asks_and_false_does_not() -> None:
    policy = interrupt_on({"a": True, "b": False})
    assert [policy.should_interrupt(name, {}, {}) for name in "ab"] == [True, False]


def test_row_68_true_gives_a_person_as_long_as_a_mapping() -> None:
    policy = interrupt_on({"a": True, "b": {}})
    assert policy.rule_of("a") == policy.rule_of("b") == policy.usual
    assert policy.usual.settings["timeout_seconds"] == 24 * 3600


@pytest.mark.parametrize(
    ("named", "tool", "said"),
    [
        ("send_mail", "send_email", True),
        ("sned_email", "send_email", True),
        ("SendEmail", "send_email", True),
        ("set_user", "get_user", False),
        ("write_file", "read_file", False),
        ("send_email", "send_email", False),
    ],
)
def test_a_name_that_nearly_is_that_of_a_tool_is_a_slip(named: str, tool: str, said: bool) -> None:
    assert bool(slip_of(interrupt_on({named: True}), [tool])) is said
    assert not slip_of(interrupt_on({named: True, tool: False}), [tool])


def test_a_condition_that_cannot_be_evaluated_is_one_for_a_person() -> None:
    assert interrupt_on({"pay": {"when": "args.amount > 100"}}).should_interrupt("pay", {}, {})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("yes", "pay: write true, false, or a mapping"),
        ({"allowed_decisions": ["aprove"]}, "pay: 'aprove' is no decision; allowed_decisions lists some of approve"),
        ({"allowed_decisions": []}, "allowed_decisions lists some of"),
        ({"allowed": ["approve"]}, "unknown setting 'allowed'; did you mean 'allowed_decisions'?"),
        ({"when": "amount = 3"}, "'=' does not compare"),
        ({"when": True}, "when must be a text"),
        ({"timeout": "soon"}, "timeout: "),
        ({"risk": "high", "on_timeout": "default:approve"}, "silence is never consent"),
        ({"allowed_decisions": ["edit"], "on_timeout": "reject"}, "'reject' is not allowed here"),
    ],
)
def test_what_is_wrong_is_said_at_once(settings: Any, words: str) -> None:
    with pytest.raises(ValueError, match="interrupt_on: pay: ") as caught:
        interrupt_on({"pay": settings})
    assert words in str(caught.value)


@pytest.mark.parametrize("given", [["pay"], "pay", True])
def test_what_is_no_mapping_of_tools_is_said_at_once(given: Any) -> None:
    with pytest.raises(ValueError, match="interrupt_on must say for each tool whether it asks, such as"):
        interrupt_on(given)
