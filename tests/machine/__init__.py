"""Random workflows under random interleavings, crashes and answers; after each step the database must hold up."""
