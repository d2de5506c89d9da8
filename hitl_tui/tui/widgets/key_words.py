"""What to press instead, where a decision key does not fit the request at hand. Pure."""

from __future__ import annotations

_INSTEAD = {
    "approval": "an approval: {approve} approves, {reject} rejects",
    "choice": "a choice: press an option's number, then enter",
    "edit": "an edit: enter opens the editor, ctrl+s submits",
    "text_input": "a text: enter opens the editor, ctrl+s submits",
    "conversation": "a conversation: enter opens the editor, ctrl+s sends",
}
_OPENED = {
    "approval": _INSTEAD["approval"],
    "choice": _INSTEAD["choice"],
    "edit": "an edit: tab goes to the editor, ctrl+s submits",
    "text_input": "a text: tab goes to the editor, ctrl+s submits",
    "conversation": "a conversation: tab goes to the editor, ctrl+s sends",
}


def instead(kind: str | None, status: str | None, *, opened: bool, approve: str = "a", reject: str = "r") -> str:
    """The words for a request of this type, or for a thread of this status that asks nothing (`kind` is None).

    `opened` when the reviewer is in the request already; `approve` and `reject` are the keys that do that. Neither a
    type nor a status: nothing is selected.
    """
    if kind is not None:
        words = (_OPENED if opened else _INSTEAD).get(kind, "another kind of request")
        return f"this is {words.format(approve=approve, reject=reject)}"
    if status is not None:
        return f"nothing to decide here: the thread is {status.replace('_', ' ')}"
    return "nothing is selected"
