"""What a run has come to is not given up because others keep the database busy: nobody died, so nothing runs again."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store.database import Database

LOG = logging.getLogger(__name__)

_Result = TypeVar("_Result")


async def keep(database: Database, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
    """As `Database.write`, for as long as it takes. The lease that `transaction` carries says whether it still may."""
    while True:
        try:
            return await database.write(transaction)
        except DatabaseUnusable as error:
            if not error.busy:
                raise
            LOG.warning("%s; trying again", error)
