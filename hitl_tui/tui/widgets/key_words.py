"""What to press instead, where a decision key does not fit the request at hand. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_INSTEAD = {
    "approval": "an approval: {approve} approves, {reject} rejects, {opens} opens it",
    "choice": "a choice: press an option's number, then {choose}",
    "edit": "an edit: {opens} opens the editor, {submit} submits",
    "text_input": "a text: {opens} opens the editor, {submit} submits",
    "conversation": "a conversation: {opens} opens the editor, {submit} sends",
}
_OPENED = {
    "approval": "an approval: {approve} approves, {reject} rejects",
    "choice": _INSTEAD["choice"],
    "edit": "an edit: tab goes to the editor, {submit} submits",
    "text_input": "a text: tab goes to the editor, {submit} submits",
    "conversation": "a conversation: tab goes to the editor, {submit} sends",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that the words name."""

    approve: str
    reject: str
    opens: str
    submit: str
    choose: str


def instead(kind: str | None, status: str | None, keys: Keys, *, opened: bool) -> str:
    """The words for a request of this type, or for a thread of this status that asks nothing (`kind` is None).

    `opened` when the reviewer is in the request already. Neither a type nor a status: nothing is selected.
    """
    if kind is not None:
        words = (_OPENED if opened else _INSTEAD).get(kind, "another kind of request")
        named = {name: getattr(keys, name) for name in Keys.__slots__}
        return f"this is {words.format(**named)}"
    if status is not None:
        return f"nothing to decide here: the thread is {status.replace('_', ' ')}"
    return "nothing is selected"
