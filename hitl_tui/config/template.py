"""What `hitl config edit` puts into a file that is not there yet: every setting, commented out, with its default."""

TEMPLATE = """\
# Settings of hitl. `hitl config` shows what is in force; `hitl config --schema` prints a JSON Schema of this file.
# Environment variables (HITL_ACTOR, HITL_UNDO_SECONDS) and options win over it.

# Who you are, where decisions are recorded; your user name if it is not set.
# actor = "ann"

# How long a decision can be taken back with u; 0 turns it off.
# undo_seconds = 5

# hitl-dark, hitl-light, hitl-contrast, gruvbox, nord, solarized-light, or themes/NAME.toml beside this file.
# theme = "hitl-dark"

# Your editor; $VISUAL and $EDITOR if it is not set.
# editor = "vim"

# Other keys; `hitl config --keys` lists the ids. Several keys have commas between them.
[keys]
# "inbox.retry" = "ctrl+r"
# "list.down" = "j, down, n"

# alt+1 to alt+9. All but the name may be left out.
# [views.1]
# name = "Mine, risky first"
# shelf = "waiting"            # waiting, snoozed, active, failed, done or all
# statuses = ["paused"]
# types = ["approval", "choice"]
# graphs = ["Deploy"]
# risks = ["high", "financial"]
# assignee = "me"              # me, nobody, or a name
# older_than = "1d"
# text = "payment"
# sort = "due"                 # due, age, priority or type

# When a request arrives while you look at another window (where the terminal tells that).
[notifications]
# bell = false
# osc9 = false

[worker]
# concurrency = 8

# For `llm` nodes that name no model; keys come from the environment, such as OPENAI_API_KEY.
[llm]
# model = "openai:gpt-5.2"
# base_url = "http://localhost:8000/v1"

[prune]
# older_than = "30d"

[layout]
# list_width = 40              # percent, on a wide screen; - and + change it there
"""
