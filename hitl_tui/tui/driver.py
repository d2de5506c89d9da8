"""The terminal's input, read so that a paste never acts as keys and no byte of it can end the app."""

from __future__ import annotations

import codecs
import os
import selectors
import signal
from collections.abc import Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from hitl_tui.tui.key_order import KeyOrder
from hitl_tui.tui.pastes import LoneEscape, Pasted, Pastes, Piece

_LOOK_SECONDS = 0.1
"""How often to look for the end of the app, and for an Esc that nothing followed."""
_READ_BYTES = 65_536
_HANGUP = 128 + signal.SIGHUP


class InputParser:
    """Textual's parser for all that is typed; pastes go past it. `feed` and `tick` yield what the app is told."""

    def __init__(self) -> None:
        self._pastes = Pastes()
        self._keys = XTermParser()

    def feed(self, data: str) -> Iterator[Message]:
        """The messages of one more read."""
        for piece in self._pastes.feed(data):
            yield from self._messages(piece)

    def tick(self) -> Iterator[Message]:
        """The messages that are due because nothing more was read."""
        for piece in self._pastes.tick():
            yield from self._messages(piece)
        yield from self._keys.tick()

    def _messages(self, piece: Piece) -> Iterator[Message]:
        match piece:
            case Pasted(text):
                # NUL is not text in any terminal; Textual drops it as well.
                yield events.Paste(text.replace("\x00", ""))
            case LoneEscape():
                yield events.Key("escape", "\x1b")
            case _:
                yield from self._typed(piece.text)

    def _typed(self, text: str) -> Iterator[Message]:
        try:
            yield from self._keys.feed(text)
        except (ValueError, OverflowError):
            # Textual's parser raises on numbers that no key has, and is of no use afterwards.
            broken, self._keys = self._keys, XTermParser()
            self._keys.mouse_pixels = broken.mouse_pixels
            self._keys.terminal_size = broken.terminal_size
            self._keys.terminal_pixel_size = broken.terminal_pixel_size


class SafeInputDriver(LinuxDriver):
    """Textual's driver with our parser; bytes that are no UTF-8 become U+FFFD instead of ending the app."""

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends."""
        parser = InputParser()
        # The app that chose this driver; Textual knows it as any app.
        order: KeyOrder = self._app.key_order  # type: ignore[attr-defined]
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_LOOK_SECONDS):
                    read = self._read()
                    if not read:
                        self._app.call_later(self._app.exit, return_code=_HANGUP)
                        return
                    for message in parser.feed(decode(read)):
                        if isinstance(message, events.Key):
                            order.before_key()
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _read(self) -> bytes:
        """What was typed; nothing when the terminal is gone."""
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""
