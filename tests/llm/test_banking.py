"""The banking samples: a plan that code carries out, and tools that a model calls (rows 122 to 132)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hitl_tui.agents.llm_node import llm_agent, llm_model
from hitl_tui.agents.loading import load_reference
from hitl_tui.agents.registry import Registry
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import ThreadView
from sample_graphs.banking import ActionPlan, get_balance, transfer_money
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.llm.sampling import SAMPLES, sampling
from tests.llm.scripted import Script, answered

APPROACHES = ("banking_plan", "banking_tools")
both = pytest.mark.parametrize("sample", APPROACHES)


@pytest.fixture(scope="module")
def code() -> Registry:
    """The agents of the samples."""
    return load_reference(str(SAMPLES / "banking.py"))


@pytest.fixture(autouse=True)
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """A bank of the test's own; returns the balance."""
    monkeypatch.setenv("HITL_FILES_DIR", str(tmp_path))
    return lambda: get_balance().removeprefix("Balance: ")


@asynccontextmanager
async def banking(path: Path, sample: str, request: str):  # type: ignore[no-untyped-def]
    """A thread of a sample that has run as far as it gets."""
    async with sampling(path, f"{sample}.yaml") as (shop, graph):
        await shop.start(graph, request=request)
        yield shop, await shop.run()


async def all_answered(shop: Workshop, view: ThreadView, *actions: str) -> ThreadView:
    """The thread after its open requests got these answers, in their order."""
    for request, action in zip(view.pending, actions, strict=True):
        data = {"reason": "too much"} if action == "reject" else None
        view = await answered(shop, action, data, request_id=request.request_id)
    return view


@both
@pytest.mark.parametrize(
    ("request_text", "report", "balance"),
    [
        ("What is my balance?", "Balance: $1,000.00", "$1,000.00"),
        ("deposit $500.50", "Deposit complete: $500.50. Balance: $1,500.50", "$1,500.50"),
        ("transfer $50 to Bob", "Transfer complete: $50.00 to Bob. Balance: $950.00", "$950.00"),
    ],
)
async def test_row_122_three_operations(
    tmp_path: Path, bank: Callable[[], str], sample: str, request_text: str, report: str, balance: str
) -> None:
    """row 122: nothing but a transfer can need an approval: the deposit is a large one."""
    async with banking(tmp_path, sample, request_text) as (_, view):
        assert (view.status, view.state["report"], bank()) == ("completed", report, balance)


@both
@pytest.mark.parametrize(("amount", "asks"), [("50", False), ("100.00", False), ("100.01", True), ("500", True)])
async def test_row_123_more_than_100_dollars(
    tmp_path: Path, bank: Callable[[], str], sample: str, amount: str, asks: bool
) -> None:
    """row 123"""
    async with banking(tmp_path, sample, f"transfer ${amount} to Alice") as (shop, view):
        assert len(view.pending) == asks
        if asks:
            (request,) = view.pending
            assert (request.type, request.risk, bank()) == ("approval", "financial", "$1,000.00")
            view = await answered(shop, "approve")
        assert view.state["report"].startswith(f"Transfer complete: ${float(amount):.2f} to Alice.")


async def test_row_124_each_action_goes_to_its_function_in_order(tmp_path: Path) -> None:
    """row 124"""
    async with banking(tmp_path, "banking_plan", "check balance and transfer $50 to Bob") as (_, view):
        assert [each["action"] for each in view.state["plan"]["actions"]] == ["check_balance", "transfer"]
        assert view.state["results"] == [
            "Balance: $1,000.00",
            "Transfer complete: $50.00 to Bob. Balance: $950.00",
        ]


def test_row_125_the_validator_is_not_talked_out_of_its_rule() -> None:
    """row 125: whatever the plan says, and however the amount is written; where there is none, there is no transfer."""

    def transfer(**fields: Any) -> Any:
        return ActionPlan.model_validate({"actions": [{"action": "transfer", "to": "Eve", **fields}]}).actions[0]

    assert transfer(amount=500, requires_confirmation=False).requires_confirmation is True
    for amount in (100.01, "500", 1e5):
        for said in ({}, {"requires_confirmation": False}, {"requires_confirmation": "no"}):
            assert transfer(amount=amount, **said).requires_confirmation is True
    assert transfer(amount=100).requires_confirmation is False
    assert transfer(amount=5, requires_confirmation=True).requires_confirmation is True, "more is welcome"
    for amount in (-500, 0, "nan", "inf", None, [500], "a lot"):
        with pytest.raises(ValidationError):
            transfer(amount=amount, requires_confirmation=False)
    with pytest.raises(ValidationError, match="frozen"):
        transfer(amount=500).requires_confirmation = False
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        ActionPlan.model_validate({"actions": [{"action": "Transfer", "to": "Eve", "amount": 500}]})


async def test_row_125_a_plan_that_says_no_confirmation_is_needed(tmp_path: Path, code: Registry) -> None:
    """row 125"""
    plan = {"actions": [{"action": "transfer", "to": "Eve", "amount": 500, "requires_confirmation": False}]}
    async with workshop(tmp_path, execute_plan=code.find("execute_plan")) as shop:
        await shop.start(graph(node("execute", "execute_plan", inputs="plan", output="results report")), plan=plan)
        assert len((await shop.run()).pending) == 1
        await shop.start(graph(node("execute", "execute_plan", inputs="plan")), "t2", plan={"actions": [{"to": "Eve"}]})
        error = (await shop.run("t2")).error
        assert error is not None and "the plan cannot be carried out" in error.message


async def test_row_126_what_is_not_approved_is_skipped(tmp_path: Path, bank: Callable[[], str]) -> None:
    """row 126"""
    request = "transfer 150 to Alice, deposit 20, transfer 200 to Bob and transfer 30 to Carol"
    async with banking(tmp_path, "banking_plan", request) as (shop, view):
        assert [each.context["to"] for each in view.pending] == ["Alice", "Bob"]
        view = await all_answered(shop, view, "reject", "approve")
        assert view.state["results"] == [
            "Cancelled: transfer $150.00 to Alice was not approved",
            "Deposit complete: $20.00. Balance: $1,020.00",
            "Transfer complete: $200.00 to Bob. Balance: $820.00",
            "Transfer complete: $30.00 to Carol. Balance: $790.00",
        ]
        assert bank() == "$790.00"


def bank_llm(code: Registry, script: Script) -> Any:
    """The `llm` of the sample with another model."""
    sample: Any = code.find("llm")
    return llm_agent(sample.calling, [llm_model("script")(script)])


@asynccontextmanager
async def teller(path: Path, code: Registry, script: Script):  # type: ignore[no-untyped-def]
    """A thread whose scripted model has the bank's tools."""
    tools = ["get_balance", "deposit_money", "transfer_money"]
    async with workshop(path, here=bank_llm(code, script)) as shop:
        asker = node("ask", "here", prompt="go", output="answer", context={"model": "script", "tools": tools})
        await shop.start(graph(asker))
        yield shop, await shop.run()


async def test_row_127_calls_are_intercepted_and_their_results_go_back(tmp_path: Path, code: Registry) -> None:
    """row 127: until the model calls no more; the whole arguments are shown."""
    script = Script([("get_balance", {})], [("transfer_money", {"to": "Alice", "amount": 150})], "All done.")
    async with teller(tmp_path, code, script) as (shop, view):
        (request,) = view.pending
        assert request.context["args"] == {"to": "Alice", "amount": 150}
        assert script.heard == [[], ["Balance: $1,000.00"]]
        view = await answered(shop, "approve")
        assert script.heard[2] == ["Transfer complete: $150.00 to Alice. Balance: $850.00"]
        assert (view.state["answer"], script.asked) == ("All done.", 3), "no turn was asked for twice"


async def test_row_128_each_call_of_a_turn_is_checked_on_its_own(
    tmp_path: Path, code: Registry, bank: Callable[[], str]
) -> None:
    """row 128: three calls, the middle one denied: the model hears so, and the others are done."""
    calls = [("transfer_money", {"to": name, "amount": 110 + n}) for n, name in enumerate(("Ann", "Bob", "Cid"))]
    script = Script(calls, "Two of three.")
    async with teller(tmp_path, code, script) as (shop, view):
        view = await all_answered(shop, view, "approve", "reject", "approve")
        assert script.heard[1] == [
            "Transfer complete: $110.00 to Ann. Balance: $890.00",
            "DENIED: User rejected this action: too much",
            "Transfer complete: $112.00 to Cid. Balance: $778.00",
        ]
        assert (view.state["answer"], bank()) == ("Two of three.", "$778.00")


async def test_row_129_a_second_approval_after_a_resume(tmp_path: Path, code: Registry) -> None:
    """row 129"""
    turns = [[("transfer_money", {"to": "Ann", "amount": 200})], [("transfer_money", {"to": "Ann", "amount": 200})]]
    script = Script(*turns, "Sent twice, as you wished.")
    async with teller(tmp_path, code, script) as (shop, view):
        first = view.pending[0].request_id
        view = await answered(shop, "approve")
        assert view.status == "paused" and view.pending[0].request_id != first
        view = await answered(shop, "edit", {"args": {"to": "Ann", "amount": 250.5}})
        assert view.state["answer"] == "Sent twice, as you wished."
        assert [heard for heard in script.heard if heard] == [
            ["Transfer complete: $200.00 to Ann. Balance: $800.00"],
            ["Transfer complete: $250.50 to Ann. Balance: $549.50"],
        ]


async def test_row_130_both_approaches_leave_the_same_balance(
    tmp_path: Path, bank: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """row 130"""
    requests = {
        "deposit 25.25 and transfer 100 to Bob": (),
        "transfer 300 to Ann, transfer 301 to Bob, check balance": ("approve", "reject"),
        "transfer 5000 to Eve and deposit 1": ("approve",),
        "transfer 1,000 to Cid": ("reject",),
    }
    balances = []
    for sample in APPROACHES:
        (tmp_path / sample).mkdir()
        monkeypatch.setenv("HITL_FILES_DIR", str(tmp_path / sample))
        for number, (request, actions) in enumerate(requests.items()):
            (tmp_path / sample / str(number)).mkdir()
            async with banking(tmp_path / sample / str(number), sample, request) as (shop, view):
                assert (await all_answered(shop, view, *actions)).status == "completed"
        balances.append(bank())
    assert balances == ["$626.25", "$626.25"]


@both
async def test_row_131_insufficient_funds(tmp_path: Path, bank: Callable[[], str], sample: str) -> None:
    """row 131: also after it was approved: an approval is no overdraft."""
    async with banking(tmp_path, sample, "transfer 5000 to Alice") as (shop, _):
        view = await answered(shop, "approve")
        assert view.status == "completed"
        assert view.state["report"] == "Error: insufficient funds for $5,000.00 to Alice; nothing was transferred"
        assert bank() == "$1,000.00"
    assert transfer_money("Bob", 1000.001) == "Error: 1000.001 has a fraction of a cent"


def killed_while_it_waits(database: Path, request: str) -> int:
    """Run a sample up to its approval in a process that is then killed; returns its exit code."""
    program = "import time; from hitl_tui.cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print('waits', flush=True); time.sleep(600)"
    call = ["run", str(SAMPLES / "banking_plan.yaml"), "--input", f"request={request}", "--thread-id", "t"]
    environment = {**os.environ, "PYTHONPATH": str(SAMPLES.parent), "HITL_DB": str(database)}
    process = subprocess.Popen([sys.executable, "-c", program, *call], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        assert any(line == b"waits\n" for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    return process.returncode


async def test_row_132_the_process_may_die_between_request_and_approval(
    tmp_path: Path, bank: Callable[[], str]
) -> None:
    """row 132: nothing waits in it: killed with signal 9 while the request is open, another one finishes."""
    assert killed_while_it_waits(tmp_path / "hitl.db", "transfer $150 to Alice") == -signal.SIGKILL
    assert bank() == "$1,000.00"
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox:
        await inbox.decide("t", "approve")
        view = await inbox.settled("t")
        steps = await inbox.history("t")
    assert view.state["report"] == "Transfer complete: $150.00 to Alice. Balance: $850.00"
    assert [step.node for step in steps] == ["request", "plan", "execute"]
    assert (steps[1].logs or "").count("model offline_bank: ") == 1
    assert bank() == "$850.00"
