"""`once`: what must not happen twice unnoticed (architecture, "Effects").

The intent is recorded before the function runs, and its result after it. Where the result is missing nobody can tell
whether the effect took place, so a person decides: redo it, or mark it as done.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal, Protocol

from hitl_tui.agents.base import RUNNING_EFFECT, ExecutionContext, Pause, Questions, words_of
from hitl_tui.model.answer import option_of
from hitl_tui.model.effect import Effect
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.model.kinds import InteractionType
from hitl_tui.model.redaction import redacted

if TYPE_CHECKING:
    from hitl_tui.agents.documents import DocumentCall

REDO = "redo it"
OTHER = "it is something else: do it"
DONE = "mark it as done"
MAX_KEY = 200
MAX_PROBLEM = 1000


class NotDone(Exception):
    """Raised by the function given to `once` when it is certain that nothing happened: it may simply run again."""


@dataclass(frozen=True, slots=True)
class EffectCall:
    """What an agent has the runner record: `begin` is answered with the effect, the others when they are on disk.

    `redo` is the attempt after which a person let it begin again; `same_as` the key of which a person said that this
    one is its new name, "" where it is none of those in doubt; a `harmless` one begins again without a person; `text`
    is the result of `finish` as JSON text, or the problem of `doubt` in words.
    """

    verb: Literal["begin", "finish", "doubt", "withdraw"]
    key: str
    redo: int | None = None
    same_as: str | None = None
    harmless: bool = False
    text: str = ""


class Ledger(Protocol):
    """The way to the runner; each call returns when what it records is on disk."""

    def call(self, call: EffectCall | DocumentCall) -> Any:
        """The runner's answer, an `Effect` to the call of an effect; blocks meanwhile."""

    async def acall(self, call: EffectCall) -> Effect | None:
        """The same without blocking."""


class Effects:
    """The effects of one node run."""

    def __init__(self, context: ExecutionContext, questions: Questions, ledger: Ledger) -> None:
        self._context = context
        self._questions = questions
        self._ledger = ledger
        self._running: set[str] = set()
        self._harmless: set[str] = set()
        self._numbers: defaultdict[str, int] = defaultdict(int)

    def numbered(self, key: str) -> str:
        """See `BaseAgent.numbered_effect`."""
        self._numbers[key] += 1
        return key if self._numbers[key] == 1 else f"{key} #{self._numbers[key]}"

    def once(
        self, key: str, fn: Callable[[], Any], *, harmless: bool = False, by_hand: Callable[[Any], Any] | None = None
    ) -> Any:
        """See `BaseAgent.once`."""
        if inspect.iscoroutinefunction(fn):
            raise TypeError(f"once({key!r}) was given a coroutine function; write `await self.aonce({key!r}, …)`")
        with self._alone(key):
            steps = self._steps(key, harmless, by_hand)
            try:
                step = next(steps)
                while True:
                    try:
                        answer = fn() if step is None else self._ledger.call(step)
                    except BaseException as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(answer)
            except StopIteration as end:
                return end.value

    async def aonce(
        self,
        key: str,
        fn: Callable[[], Awaitable[Any] | Any],
        *,
        harmless: bool = False,
        by_hand: Callable[[Any], Any] | None = None,
    ) -> Any:
        """See `BaseAgent.aonce`."""
        with self._alone(key):
            steps = self._steps(key, harmless, by_hand)
            try:
                step = next(steps)
                while True:
                    try:
                        answer = await _called(fn) if step is None else await self._ledger.acall(step)
                    except BaseException as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(answer)
            except StopIteration as end:
                return end.value

    async def aforget(self, key: str) -> None:
        """Take a harmless result back, so that another attempt at this node run begins it anew.

        Raises `RuntimeError` for any other: it would happen a second time, and nobody would be asked.
        """
        if key not in self._harmless:
            raise RuntimeError(f"aforget({key!r}): only what once({key!r}, …, harmless=True) gave can be taken back")
        await self._ledger.acall(EffectCall("withdraw", key))

    @contextlib.contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        if not key.isprintable() or not 0 < len(key) <= MAX_KEY:
            raise ValueError(f"once({key!r}): a key is a printable text of 1 to {MAX_KEY} characters")
        if RUNNING_EFFECT.get() is not None:
            raise RuntimeError(f"once({key!r}) inside once({RUNNING_EFFECT.get()!r}): run one after the other")
        if key in self._running:
            raise RuntimeError(f"once({key!r}) runs already; another effect needs another key")
        if self._questions.unanswered:
            # Nothing that cannot be taken back while a question of this node is open.
            raise Pause
        self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key)

    def _steps(
        self, key: str, harmless: bool, by_hand: Callable[[Any], Any] | None
    ) -> Generator[EffectCall | None, Any, Any]:
        """What to do in turn: have a call recorded, or (None) run the function; returns the recorded result."""
        if harmless:
            self._harmless.add(key)
        effect: Effect = yield EffectCall("begin", key, harmless=harmless)
        if effect.left:
            asked = _is_it(self._context, effect)
            said = self._questions.doubt(asked)
            if said is None:
                raise Pause
            number = asked.options.index(option_of(asked, (said.data or {}).get("choice")))
            effect = yield EffectCall("begin", key, same_as=["", *effect.left][number])
        if effect.result is None and not effect.granted:
            request = question(self._context, effect)
            response = self._questions.doubt(request)
            if response is None:
                raise Pause
            given = response.data or {}
            if option_of(request, given.get("choice")) == DONE:
                result = given.get("result")
                text = to_json(by_hand(result) if by_hand else result, f"result of once({key!r})")
                yield EffectCall("finish", key, text=text)
                return from_json(text)
            effect = yield EffectCall("begin", key, redo=effect.attempt)
        if effect.result is not None:
            return from_json(effect.result)
        if not effect.granted:
            raise RuntimeError(f"once({key!r}) was begun by another run of this node")
        RUNNING_EFFECT.set(key)
        try:
            value = yield None
            text = to_json(value, f"result of once({key!r})")
        except (Exception, SystemExit) as error:
            if harmless or isinstance(error, NotDone):
                yield EffectCall("withdraw", key)
                raise
            problem = redacted(f"{type(error).__name__}: {words_of(error)}")
            yield EffectCall("doubt", key, text=problem[:MAX_PROBLEM])
            raise
        finally:
            RUNNING_EFFECT.set(None)
        yield EffectCall("finish", key, text=text)
        return from_json(text)


def question(context: ExecutionContext, effect: Effect) -> HumanInteractionRequest:
    """What a person is asked about an effect whose end is not known (`UncertainEffect`); it never times out."""
    problem = {"problem": effect.problem} if effect.problem else {}
    return _asked(
        context,
        effect,
        f"'{effect.key}' was begun, and its end was not recorded: it may or may not have happened. "
        f"Find out. If it did not happen, redo it; if it did, mark it as done. Where the workflow needs its result:\n"
        f"""hitl resume {quote(context.thread_id)} choose --data '{{"choice": 2, "result": …}}'""",
        {"attempt": effect.attempt, "begun_at": effect.begun_at} | problem,
        [REDO, DONE],
    )


def _is_it(context: ExecutionContext, effect: Effect) -> HumanInteractionRequest:
    """What a person is asked about an effect that never began, where others are in doubt; it never times out."""
    others = ", ".join(f"'{key}'" for key in effect.left)
    return _asked(
        context,
        effect,
        f"The code is about to begin '{effect.key}'. An earlier run of this node began {others}, whose end was not "
        f"recorded, and the code has not come to that again. If its name was changed, '{effect.key}' may have happened "
        "under the old one. Look at the code, and say which it is.",
        {"begun_before": list(effect.left), "begun_at": effect.begun_at},
        [OTHER, *(f"it is '{key}' under a new name" for key in effect.left)],
    )


def _asked(
    context: ExecutionContext, effect: Effect, prompt: str, details: dict[str, Any], options: list[str]
) -> HumanInteractionRequest:
    names = {"thread": context.thread_id, "node": context.node_name, "visit": context.visit}
    return HumanInteractionRequest(
        thread_id=context.thread_id,
        node_name=context.node_name,
        interaction_type=InteractionType.CHOICE,
        prompt=prompt,
        context={"uncertain_effect": effect.key} | names | details,
        options=options,
        risk="high",
    )


async def _called(fn: Callable[[], Awaitable[Any] | Any]) -> Any:
    value = fn()
    return await value if inspect.isawaitable(value) else value
