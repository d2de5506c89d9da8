"""While somebody keeps the database busy, drafts wait beside the screen, and no key waits for them."""
