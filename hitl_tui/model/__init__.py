"""The nouns of the field, as types. No I/O; imports nothing of ours but the errors."""
