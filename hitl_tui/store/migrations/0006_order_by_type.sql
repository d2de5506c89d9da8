-- The list by type, and the smallest index, for counting all open requests. Not by a column that statements ask for with
-- `=` and that is the same in all: they would read all open requests by it.

create index if not exists request_type on request
  (type || ' ' || coalesce(due_at, '~'), thread, position, type, graph_name, risk, snoozed_until, assignee, asked)
  where closed_at is null;
drop index request_open;
create index request_open on request (position) where closed_at is null;
