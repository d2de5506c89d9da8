"""The user's own settings: `config.toml`, colour themes, and what the screen remembers between two visits."""
