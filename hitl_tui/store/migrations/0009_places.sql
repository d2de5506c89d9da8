-- A place in the list of its own for each request: those of parallel nodes had one position, and pages left all but the
-- first out.

drop index request_due;
drop index request_age;
drop index request_priority;
drop index request_type;
create index request_due on request
  (coalesce(due_at, '~'), thread, step * 1048576 + position, type, graph_name, risk, snoozed_until, assignee, asked)
  where closed_at is null;
create index request_age on request
  (created_at, thread, step * 1048576 + position, type, graph_name, risk, snoozed_until, assignee, asked)
  where closed_at is null;
create index request_priority on request
  (-priority, thread, step * 1048576 + position, type, graph_name, risk, snoozed_until, assignee, asked)
  where closed_at is null;
create index request_type on request
  (type || ' ' || coalesce(due_at, '~'), thread, step * 1048576 + position, type, graph_name, risk, snoozed_until,
   assignee, asked)
  where closed_at is null;
