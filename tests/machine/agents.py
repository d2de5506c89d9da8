"""The agents of the machine's workflows. Each comes to moments at which its process may die or fall asleep."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hitl_tui.agents import BaseAgent, NotDone, builtins
from hitl_tui.agents.base import Failure
from hitl_tui.agents.registry import Registry

if TYPE_CHECKING:
    from tests.machine.processes import Process
    from tests.machine.world import World


class _Agent(BaseAgent):
    """Knows its process and the world; `attempt` counts from 1 within one visit."""

    process_of: Process
    world: World
    registry: Registry
    attempt: int

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    @property
    def _run(self) -> tuple[str, str, int]:
        which = self.execution_context
        return which.thread_id, which.node_name, which.visit

    def begin(self) -> None:
        self.attempt = self.world.begins(self._run, self.registry, overslept=self.process_of.overslept)

    def question(self, prompt: str, kind: str = "text_input") -> Any:
        return self.request(kind, prompt, timeout_seconds=self.context.get("seconds"))

    async def process(self, inputs: dict[str, Any]) -> Any:
        await self.process_of.moment()
        self.begin()
        value = await self.work()
        await self.process_of.moment()
        return value

    async def work(self) -> Any:
        return self.execution_context.visit

    async def pay(self, key: str = "pay") -> Any:
        async def effect() -> int:
            await self.process_of.moment()
            self.world.effects[(*self._run, key)] += 1
            await self.process_of.moment()
            return self.execution_context.visit

        return await self.aonce(key, effect)

    def pay_now(self, effect: Callable[[], int]) -> Any:
        """Pay while the runner's loop waits; its writer must not fall asleep meanwhile."""
        self.process_of.blocked = True
        try:
            return self.once("pay", effect)
        finally:
            self.process_of.blocked = False


class Flaky(_Agent):
    """Raises at the first attempt of every visit."""

    async def work(self) -> Any:
        if self.attempt == 1:
            raise OSError("the line is busy")
        return self.execution_context.visit


class Broken(_Agent):
    """Raises until its thread was mended."""

    async def work(self) -> Any:
        if "mended" not in self.state:
            raise RuntimeError("not mended yet")
        return self.execution_context.visit


class Declines(_Agent):
    """Fails without raising."""

    async def work(self) -> Any:
        return Failure("no", output="no")


class Asks(_Agent):
    async def work(self) -> Any:
        return self.ask(self.question("how?")).action


class AsksTwice(_Agent):
    """The second question depends on the first answer."""

    async def work(self) -> Any:
        first = self.ask(self.question("first?"))
        return self.ask(self.question(f"second, after {first.data}?", "approval")).action


class AsksAll(_Agent):
    async def work(self) -> Any:
        answers = self.ask_all([self.question("left?"), self.question("right?", "approval")])
        return [answer.action for answer in answers]


class Moody(_Agent):
    """Asks something else after the state was changed: what was answered before does not count then."""

    async def work(self) -> Any:
        return self.ask(self.question(f"with {self.state.get('mood')}?", "approval")).action


class Forgets(_Agent):
    """Asks, and when it runs again with a changed mood asks nothing any more."""

    async def work(self) -> Any:
        if self.state.get("mood") == 2:
            return "nothing to ask"
        return self.ask(self.question("still?", "approval")).action


class Pays(_Agent):
    async def work(self) -> Any:
        return await self.pay()


class PaysTwice(_Agent):
    async def work(self) -> Any:
        return [await self.pay("one"), await self.pay("two")]


class AsksAndPays(_Agent):
    """Pays only what was approved."""

    async def work(self) -> Any:
        if self.ask(self.question("pay?", "approval")).action != "approve":
            return Failure("not approved", kind="rejected")
        paid = await self.pay()
        self.ask(self.question(f"enough, after {paid}?"))
        return paid


class PaysBadly(_Agent):
    """What it does fails after the effect at its first attempt: nobody can tell whether it happened."""

    async def work(self) -> Any:
        def effect() -> int:
            self.process_of.moment_now()
            self.world.effects[(*self._run, "pay")] += 1
            if self.attempt == 1:
                raise TimeoutError("no answer from the bank")
            return 1

        return self.pay_now(effect)


class PaysLater(_Agent):
    """Says at its first attempt that nothing happened."""

    async def work(self) -> Any:
        def effect() -> int:
            self.process_of.moment_now()
            if self.attempt == 1:
                raise NotDone("the bank is closed")
            self.world.effects[(*self._run, "pay")] += 1
            self.process_of.moment_now()
            return 1

        return self.pay_now(effect)


class SyncWork(_Agent):
    def process(self, inputs: dict[str, Any]) -> Any:  # type: ignore[override]
        self.process_of.moment_now()
        self.begin()
        self.process_of.moment_now()
        return self.execution_context.visit


KINDS: dict[str, type[_Agent]] = {
    "work": _Agent,
    "sync_work": SyncWork,
    "flaky": Flaky,
    "broken": Broken,
    "declines": Declines,
    "asks": Asks,
    "asks_twice": AsksTwice,
    "asks_all": AsksAll,
    "moody": Moody,
    "forgets": Forgets,
    "pays": Pays,
    "pays_twice": PaysTwice,
    "asks_and_pays": AsksAndPays,
    "pays_badly": PaysBadly,
    "pays_later": PaysLater,
}
COUNTING = ("work", "sync_work", "flaky", "pays")
"""Those whose output is the number of the visit."""


def registry(process: Process, world: World) -> Registry:
    """The built-in agents and those of the machine, for one process."""
    made = builtins.registry()

    def bound(kind: type[_Agent]) -> Callable[..., Any]:
        fields = {"process_of": process, "world": world, "registry": made}
        return type(kind.__name__, (kind,), fields)

    for name, kind in KINDS.items():
        made.add(name, bound(kind))
    return made
