"""Addresses of servers, as settings and workflow files name them. Pure."""

from __future__ import annotations


def check_server(url: str) -> None:
    """Raise `ValueError` with the remedy for what is no address of a server, or holds a password."""
    # Every command reads settings, and few of them have an address.
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no address; write it like http://localhost:8000/v1")
    if parts.username or parts.password:
        raise ValueError("must hold no password; keys come from the environment, such as OPENAI_API_KEY")
