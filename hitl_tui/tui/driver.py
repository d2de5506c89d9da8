"""The terminal: its input, read so that a paste never acts as keys and no byte of it can end the app; its title."""

from __future__ import annotations

import codecs
import os
import queue
import re
import selectors
import signal
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from hitl_tui.tui.key_order import KeyOrder
from hitl_tui.tui.listening import LOOK_SECONDS, Listening
from hitl_tui.tui.pastes import LoneEscape, Pasted, Pastes, Piece

_READ_BYTES = 65_536
_HAND_OVER_SECONDS = 0.000_05
# Textual takes these for what one terminal on one system types with them: `¡` for alt+1.
_ALT_DIGIT = re.compile(r"\x1b([0-9])")
_HANGUP = 128 + signal.SIGHUP
# Terminals keep a stack of titles; those that do not know it ignore this.
_KEEP_TITLE, _OLD_TITLE = "\x1b[22;2t", "\x1b[23;2t"
_WITHOUT_TITLE = ("linux", "dumb")


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
        for number, part in enumerate(_ALT_DIGIT.split(text)):
            if number % 2:
                yield events.Key(f"alt+{part}", None)
            elif part:
                yield from self._parsed(part)

    def _parsed(self, text: str) -> Iterator[Message]:
        try:
            yield from self._keys.feed(text)
        except (ValueError, OverflowError):
            # Textual's parser raises on numbers that no key has, and is of no use afterwards.
            broken, self._keys = self._keys, XTermParser()
            self._keys.mouse_pixels = broken.mouse_pixels
            self._keys.terminal_size = broken.terminal_size
            self._keys.terminal_pixel_size = broken.terminal_pixel_size


class SafeInputDriver(LinuxDriver):
    """Textual's driver with our parser; bytes that are no UTF-8 become U+FFFD instead of ending the app.

    The title of the window is ours while the screen is, and goes back with it, also while an editor is open.
    """

    _window_title = ""
    _has_screen = False
    _raw: list[Any] | None = None
    """The modes of the terminal as long as the screen is ours."""

    def start_application_mode(self) -> None:
        self._key_order.taken_back()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Not while a shell has put us into the background: then Textual started nothing.
        self._has_screen = self._writer_thread is not None
        if self._has_screen:
            signal.signal(signal.SIGWINCH, self._window_changed)
        self._raw = None
        with suppress(termios.error):
            self._raw = termios.tcgetattr(self.fileno)
        if self._titled:
            self.write(_KEEP_TITLE)
        self._write_title()

    def stop_application_mode(self) -> None:
        if self._has_screen and self._titled:
            self.write(_OLD_TITLE)
        self._has_screen = False
        super().stop_application_mode()

    def _window_changed(self, *_: object) -> None:
        # Textual reads the size here; but the next signal may interrupt that, and then the older size is told last.
        if not self._in_band_window_resize:
            self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def _get_terminal_size(self) -> tuple[int, int]:
        # Not what COLUMNS and LINES say: whoever exported them had a window of another size, and they never change.
        with suppress(OSError):
            width, height = os.get_terminal_size(self.fileno)
            if width and height:
                return width, height
        size: tuple[int, int] = super()._get_terminal_size()
        return size

    def _sigtstp_application(self, *_: object) -> None:
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        # The whole job: of us alone the shell would not hear where it waits for who started us, `uv run` say.
        os.killpg(0, signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        if self._has_screen and self._has_terminal():
            # Stopped without being told to: all threads are there still, and Textual would start them twice.
            self._loop.call_soon_threadsafe(self._take_terminal_back)
        elif not self._has_screen and self._must_signal_resume:
            # It gave the screen away to be stopped. An app that is ending does not take it again.
            super()._sigcont_application()

    def _has_terminal(self) -> bool:
        """Whether the terminal is there, and no shell has put us into the background."""
        # One that goes away sends this signal too; that it is gone, the reading thread finds out.
        with suppress(OSError):
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        return False

    def _take_terminal_back(self) -> None:
        """Whoever had the terminal meanwhile, a shell say, has changed its modes and what is on it."""
        if self._raw is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw)
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_bracketed_paste()
        self._app.refresh(layout=True)

    def write(self, data: str) -> None:
        """Write to the terminal, unless it has gone away."""
        self._send(data)

    def close(self) -> None:
        """End the writing thread, if it has not ended with the terminal."""
        self._send(None)
        if self._writer_thread is not None:
            self._writer_thread.join()
        self._writer_thread = None

    def _send(self, data: str | None) -> None:
        """Hand it to the writing thread, which a terminal that goes away ends: nobody empties its queue then."""
        writer = self._writer_thread
        while writer is not None and writer.is_alive():
            try:
                writer._queue.put(data, timeout=LOOK_SECONDS)
                # Its turn, at once, and that of the kernel, which hands it to the terminal: both would wait for this
                # thread to be idle, while the reviewer waits for the repaint.
                time.sleep(_HAND_OVER_SECONDS)
                return
            except queue.Full:
                continue

    def show_title(self, words: str) -> None:
        """Make `words` the title of the window. They are ours: nothing foreign may be in them."""
        if words != self._window_title:
            self._window_title = words
            self._write_title()

    def notify(self, words: str) -> None:
        """Ask the terminal to notify the user (OSC 9). The words are ours."""
        if self._has_screen and self._titled:
            self.write(f"\x1b]9;{words}\x07")

    @property
    def _titled(self) -> bool:
        return os.environ.get("TERM", "dumb") not in _WITHOUT_TITLE

    def _write_title(self) -> None:
        if self._has_screen and self._titled and self._window_title:
            self.write(f"\x1b]2;{self._window_title}\x07")
            self.flush()

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends."""
        parser = InputParser()
        order = self._key_order
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            listening = Listening(lambda seconds: bool(selector.select(seconds)), self._read, order.ask)
            while not self.exit_event.is_set():
                if (heard := listening.wait()) is not None:
                    typed_at, read = heard
                    if not read:
                        self._app.call_later(self._app.exit, return_code=_HANGUP)
                        return
                    for message in parser.feed(decode(read)):
                        if self.exit_event.is_set():
                            # Nobody waits for keys any more, and the app waits for this thread.
                            return
                        if isinstance(message, events.Key):
                            order.before_key(message, typed_at)
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    @property
    def _key_order(self) -> KeyOrder:
        # Of the app that chose this driver; Textual knows it as any app.
        return self._app.key_order  # type: ignore[attr-defined, no-any-return]

    def _read(self) -> bytes:
        """What was typed; nothing when the terminal is gone."""
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""
