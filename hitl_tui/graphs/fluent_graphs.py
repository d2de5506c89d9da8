"""The graph of a fluent `Path`: its steps become nodes, what it says about their order edges.

A step is a node of agent type `WORKFLOW.STEP`. Its output is the label that it chose for the branch that follows, and
the branch is routes by that value. An interrupt is a node of its own, so that what ran before it is merged into the
state, and does not run again. Between a step and the branch for which it chooses there is one interrupt for each label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.errors import InvalidGraph
from hitl_tui.graphs.drafts import Draft
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.fluent import PAUSE, Branch, Do, Interrupt, Loop, Parallel, Path, Piece, Step
from hitl_tui.graphs.fluent_nodes import DECISIONS, START, End, Ends, Made, decided, is_decision
from hitl_tui.graphs.names import closest, normal
from hitl_tui.graphs.step_source import labels_of, pauses_inside, place_of, takes_state
from hitl_tui.graphs.validation import validate
from hitl_tui.model.graph import Graph

AGAIN, DONE = "again", "done"
INTERRUPT_AGENT = "interrupt"


@dataclass(frozen=True, slots=True)
class Fluent:
    """A graph with the code of its steps by node name; `pausing` names what pauses it, in words."""

    graph: Graph
    steps: dict[str, Step]
    pausing: tuple[str, ...]


def graph_of(path: Path, record: Sequence[str], *, agents: str | None, description: str) -> Fluent:
    """The graph of a finished path; `record` are the fields of the approval record that interrupts write.

    Raises `InvalidGraph` naming the step and the remedy.
    """
    name = path.workflow
    if not path.is_ended:
        raise InvalidGraph(
            f"workflow {name}: build_graph() does not finish its path",
            hint="write .end() after the last step",
            graph=name,
        )
    compiler = _Compiler(name, record)
    compiler.sequence(path.pieces, {None: [START]}, ())
    nodes = {made.name: made.node() for made in compiler.made.values()}
    draft = Draft(name, 0, tolerant=False, nodes=nodes, start=compiler.start)
    notes = Notes(compiler.file or name)
    validate(draft, None, notes, None)
    errors = [finding for finding in notes.findings if finding.severity == "error"]
    if errors:
        raise InvalidGraph(str(errors[0]), notes.findings, graph=name, node=errors[0].node)
    graph = Graph(name=name, start=draft.start, nodes=draft.nodes, description=description, agents=agents)
    return Fluent(graph, compiler.steps, tuple(compiler.pausing))


class _Compiler:
    """Makes the nodes of one workflow."""

    def __init__(self, name: str, record: Sequence[str]) -> None:
        self.name = name
        self.start = ""
        self.file = ""
        self.made: dict[str, Made] = {}
        self.steps: dict[str, Step] = {}
        self.pausing: list[str] = []
        self._record = list(record)
        self._last = ""

    def sequence(self, pieces: Sequence[Piece], ends: Ends, after: tuple[str, ...]) -> Ends:
        """Add these pieces behind the open ends; the new ones, by the labels that are needed `after` them."""
        for number, piece in enumerate(pieces):
            needed = self._needed(pieces, number + 1, after)
            match piece:
                case Do():
                    ends = self._step(piece, ends[None], needed)
                case Interrupt():
                    ends = self._interrupt(piece, ends, needed)
                case Branch():
                    ends = self._branch(piece, ends, needed)
                case Parallel():
                    ends = self._parallel(piece, ends[None], needed)
                case Loop():
                    ends = self._loop(piece, ends[None], needed)
        return ends

    def _needed(self, pieces: Sequence[Piece], number: int, after: tuple[str, ...]) -> tuple[str, ...]:
        """The labels that must be chosen before this piece."""
        if number == len(pieces):
            return after
        match pieces[number]:
            case Branch(paths=paths):
                return tuple(paths)
            case Interrupt():
                later = self._needed(pieces, number + 1, after)
                return () if is_decision(later) else later
            case _:
                return ()

    def _step(self, piece: Do, ends: list[End], needed: tuple[str, ...]) -> Ends:
        if not takes_state(piece.step):
            raise self._wrong(
                piece.name, "cannot be called with the state alone", "define it as `def step(self, state)`"
            )
        strangers = sorted(labels_of(piece.step).difference(needed))
        if strangers and not needed:
            what = f"calls set_next('{strangers[0]}'), and no branch follows for which it chooses"
            raise self._wrong(piece.name, what, "put .branch({…}) after it")
        if strangers:
            known = ", ".join(f"'{label}'" for label in needed)
            near = closest(strangers[0], needed) or f"its labels are {known}"
            raise self._wrong(piece.name, f"calls set_next('{strangers[0]}'), which the branch after it lacks", near)
        pauses = pauses_inside(piece.step)
        context: dict[str, Any] = {"pauses": True} if pauses else {}
        made = self._add(piece.name, f"{self.name}.{piece.name}", context, ends)
        self.steps[piece.name] = piece.step
        file, made.line = place_of(piece.step)
        self.file = self.file or file
        found = _chosen(piece.name, needed)
        if needed:
            context["labels"] = list(needed)
        if pauses:
            self.pausing.append(f"step '{piece.name}' pauses from inside")
            self._pauses_inside(piece, needed, found)
        self._last = piece.name
        return found

    def _pauses_inside(self, piece: Do, needed: tuple[str, ...], found: Ends) -> None:
        """The interrupts to which a step goes that pauses from inside, with or without a label."""
        if not needed or is_decision(needed):
            asked = self._pause(Interrupt(), piece.name, [End(piece.name, PAUSE)], None)
            for label, more in decided(asked, needed).items():
                found[label] += more
            self.made[piece.name].context["decided"] = bool(needed)
            return
        for label in needed:
            asked = self._pause(Interrupt(), piece.name, [End(piece.name, f"{PAUSE}, then {label}")], label)
            found[label].append(End(asked))

    def _interrupt(self, piece: Interrupt, ends: Ends, needed: tuple[str, ...]) -> Ends:
        last = self._last
        self.pausing.append(f"step '{last}' is followed by .interrupt()" if last else "it begins with .interrupt()")
        if needed and not is_decision(needed):
            self._check_undecided(needed)
            if ends.keys() != set(needed):
                raise self._undecided(f".interrupt() and .branch({{{', '.join(map(repr, needed))}}})")
            return {label: [End(self._pause(piece, last, ends[label], label))] for label in needed}
        return decided(self._pause(piece, last, ends[None], None), needed)

    def _check_undecided(self, labels: tuple[str, ...]) -> None:
        """Refuse labels of an answer in a branch that no answer chooses: who wrote them meant that it does."""
        meant = next((label for label in labels if label in DECISIONS), None)
        if meant is not None:
            raise self._wrong(
                self._last or "start",
                f"is followed by .interrupt() and .branch({{{', '.join(map(repr, labels))}}}), where no answer would "
                f"choose '{meant}'",
                "label the paths 'approved' and 'rejected' and have no third, or use other labels, which a step before "
                "the interrupt chooses",
            )

    def _pause(self, piece: Interrupt, last: str, ends: list[End], label: str | None) -> str:
        """Add the node of an interrupt; returns its name."""
        wanted = piece.name or (f"after_{last}" if last else "before_start")
        wanted += f"_{label}" if label is not None else ""
        name, number = wanted, 2
        while name in self.made and not (piece.name and label is None):
            name, number = f"{wanted}_{number}", number + 1
        context = {**piece.settings, "record": self._record}
        made = self._add(name, INTERRUPT_AGENT, context, ends)
        what = f" for '{label}'" if label is not None else ""
        said = f"{self.name} pauses after '{last}'. Go on{what}?" if last else f"Start {self.name}?"
        made.prompt = piece.prompt or said
        made.line = self.made[last].line if last else 0
        return name

    def _branch(self, piece: Branch, ends: Ends, needed: tuple[str, ...]) -> Ends:
        if ends.keys() != piece.paths.keys():
            raise self._undecided(f".branch({{{', '.join(map(repr, piece.paths))}}})")
        found: Ends = {}
        for label, path in piece.paths.items():
            self._check_filled(path, f"the branch '{label}'")
            for wanted, more in self.sequence(path.pieces, {None: ends[label]}, needed).items():
                found.setdefault(wanted, []).extend(more)
        return found

    def _parallel(self, piece: Parallel, ends: list[End], needed: tuple[str, ...]) -> Ends:
        if needed:
            raise self._undecided(".parallel()")
        if START in ends:
            # A graph begins with one node.
            ends = [End(self._pass("start", ends))]
        longest = max(len(path.pieces) for path in piece.paths)
        found: list[End] = []
        for path in piece.paths:
            self._check_filled(path, "a path of .parallel()")
            found += self._side_by_side(path, ends, longest)
        return {None: found}

    def _side_by_side(self, path: Path, ends: list[End], longest: int) -> list[End]:
        """One of several parallel paths, as long as the longest, so that what follows runs once, after all of them."""
        last = ""
        for piece in path.pieces:
            if not isinstance(piece, Do):
                kind = type(piece).__name__.lower()
                raise self._wrong(last or kind, f"stands in .parallel() with .{kind}()", "put it before or after")
            if pauses_inside(piece.step):
                raise self._wrong(piece.name, "pauses from inside, in .parallel()", "pause after .parallel()")
            ends, last = self._step(piece, ends, ())[None], piece.name
        for number in range(longest - len(path.pieces)):
            ends = [End(self._pass(f"{last}_done_{number + 1}", ends))]
        return ends

    def _loop(self, piece: Loop, ends: list[End], needed: tuple[str, ...]) -> Ends:
        if needed:
            raise self._undecided(f".loop({piece.name})")
        self._check_filled(piece.path, "a .loop()")
        if not takes_state(piece.until):
            raise self._wrong(
                piece.name, "has an `until` that cannot be called with the state alone", "give a function"
            )
        made = self._add(piece.name, f"{self.name}.{piece.name}", {"labels": [AGAIN, DONE]}, [])
        made.line = place_of(piece.until)[1]
        self.steps[piece.name] = _chooser(piece.until)
        body = self.sequence(piece.path.pieces, {None: [*ends, End(piece.name, AGAIN)]}, ())
        self._connect(body[None], piece.name)
        for entry in made.routes[AGAIN]:
            self.made[entry].max_visits = piece.max_visits
        # In the order in which they run.
        self.made[piece.name] = self.made.pop(piece.name)
        self._last = piece.name
        return {None: [End(piece.name)]}

    def _pass(self, name: str, ends: list[End]) -> str:
        self._add(name, "default", {}, ends)
        return name

    def _add(self, name: str, agent: str, context: dict[str, Any], ends: Iterable[End]) -> Made:
        if name in self.made:
            raise self._wrong(name, "is there twice", f"give one of them another name: .then(self.{name}, name='…')")
        alike = next((other for other in self.made if normal(other) == normal(name)), None)
        if alike is not None:
            # Agent types are one type in any spelling.
            raise self._wrong(
                name, f"has the name of '{alike}' in another spelling", "tell them apart by more than that"
            )
        made = self.made[name] = Made(name, agent, context)
        self._connect(ends, name)
        return made

    def _connect(self, ends: Iterable[End], target: str) -> None:
        for end in ends:
            if end is START:
                self.start = target
            elif end.is_failure:
                self.made[end.node].on_failure.append(target)
            elif end.value is None:
                self.made[end.node].on_success.append(target)
            else:
                self.made[end.node].routes.setdefault(end.value, []).append(target)

    def _check_filled(self, path: Path, what: str) -> None:
        if not path.pieces:
            raise self._wrong(
                self._last or "start", f"is followed by {what} without a step", "begin it with self.then(…)"
            )

    def _undecided(self, what: str) -> InvalidGraph:
        return self._wrong(
            self._last or "start",
            f"does not choose for what follows, {what}",
            "put a step before the branch that calls state.set_next(label)",
        )

    def _wrong(self, step: str, what: str, remedy: str) -> InvalidGraph:
        words = f"workflow {self.name}: step '{step}' {what}; {remedy}"
        return InvalidGraph(words, graph=self.name, node=step)


def _chosen(step: str, labels: Sequence[str]) -> Ends:
    """The ends of a step by the label that it chooses; the last one is its plain edge, since there is no other."""
    if not labels:
        return {None: [End(step)]}
    return {label: [End(step, label if label != labels[-1] else None)] for label in labels}


def _chooser(until: Step) -> Step:
    """The step that ends a loop, or has it run again."""

    async def choose(state: Any) -> None:
        holds = until(state)
        if hasattr(holds, "__await__"):
            holds = await holds
        state.set_next(DONE if holds else AGAIN)

    return choose
