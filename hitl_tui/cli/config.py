"""`hitl config`: the settings in force and where each comes from; the file, its JSON Schema, an editor on it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hitl_tui.cli import output
from hitl_tui.cli.opening import names_of_the_screen
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.errors import HitlError, UsageError
from hitl_tui.safe_text import visible

if TYPE_CHECKING:
    from hitl_tui.config.effective import Effective

_WRONG = 2


@click.command("config", cls=Command, short_help="The settings in force, and where each comes from.")
@click.argument("deed", type=click.Choice(["show", "edit"]), default="show", metavar="[edit]")
@click.option("--path", "only_path", is_flag=True, help="Print where config.toml is, or would be.")
@click.option("--schema", "only_schema", is_flag=True, help="Print its JSON Schema, for your editor.")
@click.option("--keys", "only_keys", is_flag=True, help="Print the ids of all keys, for [keys].")
@click.pass_context
def config(context: click.Context, deed: str, only_path: bool, only_schema: bool, only_keys: bool) -> int:
    """Show the settings in force, each with where it comes from; `hitl config edit` opens the file in your editor.

    Environment variables and options win over the file. The exit code is 2 when something in the file, in a theme
    beside it, or in such a variable is wrong: then that does not count.
    """
    settings = settings_of(context)
    if [deed == "edit", only_path, only_schema, only_keys].count(True) > 1:
        raise UsageError("edit, --path, --schema and --keys exclude each other", hint="take one of them")
    from hitl_tui.config.reading import config_file, load

    file = config_file()
    if only_path:
        output.result(settings.json, {"path": str(file)}, visible(str(file)))
        return 0
    if only_schema:
        output.text(json.dumps(_schema(), indent=2))
        return 0
    if only_keys:
        _, ids, _ = names_of_the_screen(load())
        width = max(map(len, ids))
        output.result(settings.json, ids, "\n".join(f"{name:{width}}  {words}" for name, words in ids.items()))
        return 0
    if deed == "edit":
        _edit(file)
    return _show(context, file)


def _show(context: click.Context, file: Path) -> int:
    from hitl_tui.cli.columns import pairs
    from hitl_tui.config.effective import effective
    from hitl_tui.config.reading import load, without
    from hitl_tui.config.remembered import recall

    settings = settings_of(context)
    loaded = load()
    wrong, _, themes = names_of_the_screen(loaded)
    problems = [*loaded.problems, *wrong]
    values = effective(without(loaded, wrong), recall(), settings.chosen_actor)
    if settings.json:
        output.as_json(
            {
                "path": str(file),
                "exists": file.exists(),
                "values": [_as_json(value) for value in values],
                "themes": themes,
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        head = f"{visible(str(file))}{'' if file.exists() else '  (none yet: `hitl config edit` begins one)'}"
        lines = pairs([(value.key, f"{visible(_written(value.value))}  ({_from(value)})") for value in values])
        output.text("\n".join([head, "", *lines]))
        for problem in problems:
            output.note(f"hitl: {problem}")
    return _WRONG if problems else 0


def _schema() -> dict[str, Any]:
    """The schema of the dataclass, with the ids of all keys by name."""
    from hitl_tui.config.reading import load
    from hitl_tui.config.validation import json_schema
    from hitl_tui.config.values import Config

    schema = json_schema(Config)
    _, ids, _ = names_of_the_screen(load())
    keys = schema["properties"]["keys"]
    key = keys.pop("additionalProperties")
    keys["properties"] = {name: {**key, "description": words} for name, words in ids.items()}
    keys["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "config.toml of hitl"}


def _edit(file: Path) -> None:
    from hitl_tui import locations
    from hitl_tui.config.editor import EditorFailed, editor_command
    from hitl_tui.config.template import TEMPLATE

    try:
        locations.private_dir(file.parent)
        if not file.exists():
            file.write_text(TEMPLATE, encoding="utf-8")
        command = editor_command()
        ended = subprocess.run([*command, str(file)], check=False)
    except EditorFailed as error:
        raise UsageError(str(error), hint=f"the file is {file}") from None
    except OSError as error:
        raise HitlError(
            f"{file} cannot be edited: {error.strerror or error}", hint="see `hitl config --path`"
        ) from None
    if ended.returncode != 0:
        raise HitlError(f"{command[0]} ended with exit code {ended.returncode}", hint=f"the file is {file}")


def _as_json(value: Effective) -> dict[str, Any]:
    variable = {} if value.variable is None else {"variable": value.variable}
    return {"key": value.key, "value": value.value, "source": value.source, **variable}


def _written(value: Any) -> str:
    """A value as TOML has it."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def _from(value: Effective) -> str:
    return f"{value.source}: {value.variable}" if value.variable is not None else value.source
