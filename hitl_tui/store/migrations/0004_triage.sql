-- Triage: notes, and indexes from which the list is filtered by risk, age and snooze without reading the rows.

create table note (
  id integer primary key,
  thread text not null,
  at text not null,
  actor text not null,
  text text not null
);
create index note_thread on note (thread, id);

create index thread_assignee on thread (assignee) where assignee is not null;
create index request_snoozed on request (snoozed_until) where snoozed_until is not null and closed_at is null;

drop index request_due;
drop index request_age;
drop index request_priority;
create index request_due on request
  (coalesce(due_at, '~'), thread, position, type, graph_name, risk, snoozed_until, created_at) where closed_at is null;
create index request_age on request
  (created_at, thread, position, type, graph_name, risk, snoozed_until) where closed_at is null;
create index request_priority on request
  (-priority, thread, position, type, graph_name, risk, snoozed_until, created_at) where closed_at is null;
