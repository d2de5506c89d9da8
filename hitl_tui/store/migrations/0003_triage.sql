-- Triage: notes, and indexes from which the list is filtered by risk, age and snooze without reading the rows.

create table note (
  id integer primary key,
  thread text not null,
  at text not null,
  actor text not null,
  text text not null
);
create index note_thread on note (thread, id);

-- What lists are filtered by stands in the request itself, and so in the indexes that they are read from: whose its
-- thread is, and its age as a number of seconds, for an index that is read from end to end must be small.
alter table request add column assignee text;
alter table request add column asked integer generated always as (cast(strftime('%s', created_at) as integer)) virtual;
alter table thread add column started integer generated always as (cast(strftime('%s', created_at) as integer)) virtual;
update request set assignee = (select assignee from thread where thread.id = request.thread) where closed_at is null;

create index request_snoozed on request (snoozed_until) where snoozed_until is not null and closed_at is null;

drop index request_due;
drop index request_age;
drop index request_priority;
create index request_due on request
  (coalesce(due_at, '~'), thread, position, type, graph_name, risk, snoozed_until, assignee, asked) where closed_at is null;
create index request_age on request
  (created_at, thread, position, type, graph_name, risk, snoozed_until, assignee, asked) where closed_at is null;
create index request_priority on request
  (-priority, thread, position, type, graph_name, risk, snoozed_until, assignee, asked) where closed_at is null;-- The smallest, for counting all of them.
create index request_open on request (superseded) where closed_at is null;

drop index thread_listed;
drop index thread_listed_age;
drop index thread_listed_priority;
create index thread_listed on thread (id, status, graph_name, assignee, started) where open_requests = 0;
create index thread_listed_age on thread (created_at, id, status, graph_name, assignee, started) where open_requests = 0;
create index thread_listed_priority on thread (-priority, id, status, graph_name, assignee, started) where open_requests = 0;
