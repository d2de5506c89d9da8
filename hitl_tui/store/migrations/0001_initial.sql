-- Times are ISO 8601 UTC text of fixed width, so that text order is time order. JSON is text.

create table graph (
  digest text primary key,
  name text not null,
  definition text not null,
  source text,
  created_at text not null
);

create table thread (
  id text primary key,
  graph text not null references graph (digest),
  graph_name text not null,
  status text not null,
  outcome text,
  state text not null,
  frontier text not null,          -- [{"node", "visit"}]: what runs next
  visits text not null default '{}',
  superstep integer not null default 0,
  steps integer not null default 0, -- the seq of the newest step
  open_requests integer not null default 0,
  priority integer not null default 0,
  assignee text,
  labels text not null default '[]',
  agents text,                     -- the reference that its agent types come from
  error text,                      -- {"node", "type", "message"}
  lease_owner text,
  lease_epoch integer not null default 0,
  lease_until text,
  takeovers integer not null default 0,
  wake_at text,                    -- a ready thread with one sleeps until then
  forked_from text,                -- {"thread", "at"}; where it began: {"frontier", "visits", "outcome"}
  pruned_at text,                  -- when what its steps took and gave was removed
  created_at text not null,
  updated_at text not null
);
create index thread_ready on thread (priority desc, updated_at) where status = 'ready' and wake_at is null;
create index thread_asleep on thread (wake_at) where wake_at is not null;
create index thread_leased on thread (lease_until) where status = 'running';
create index thread_status on thread (status);
create index thread_listed on thread (id, status, graph_name) where open_requests = 0;
create index thread_listed_age on thread (created_at, id, status, graph_name) where open_requests = 0;
create index thread_listed_priority on thread (-priority, id, status, graph_name) where open_requests = 0;

create table step (
  thread text not null references thread (id),
  seq integer not null,
  superstep integer not null,
  node text not null,
  visit integer not null,
  status text not null,
  output text not null default 'null',
  writes text not null,
  error text,
  code_sha text,
  started_at text not null,
  ended_at text,
  attempt integer not null default 1, -- which attempt of its visit it was; a retry by hand counts anew
  retried integer not null default 0, -- a failure that is run again
  again_at text,                   -- when its next attempt may begin, where the node's retry policy has it run again
  logs text,                       -- what the node printed and logged
  kept text,                       -- how much of what grew in the writes stood in the state before; null for nothing
  primary key (thread, seq)
) without rowid;

-- What came from outside: the values at the start (number 0), and later corrections. With the steps' writes they give
-- the state of any superstep.
create table given (
  thread text not null references thread (id),
  superstep integer not null,
  number integer not null,
  vals text not null,
  primary key (thread, superstep, number)
) without rowid;

create table request (
  id text primary key,
  thread text not null,            -- no `references`: deleting a thread would have to scan all requests
  step integer not null,
  node text not null,
  visit integer not null,
  position integer not null,
  graph_name text not null,
  type text not null,
  prompt text not null,
  context text not null,
  options text not null,
  allowed text not null,
  schema text,
  risk text,
  require_reason integer not null default 0,
  timeout_seconds integer,
  policy text,
  digest text not null,
  status text not null,
  priority integer not null default 0,
  due_at text,
  remind text,                     -- seconds before it is due, longest first; null for no reminders
  remind_at text,                  -- when the next reminder is to come
  reminded_at text,
  held_until text,
  snoozed_until text,
  created_at text not null,
  closed_at text,
  superseded integer not null default 0
);
create index request_superseded on request (thread) where superseded = 1;
create unique index request_place on request (thread, node, visit, position) where superseded = 0;
create index request_held on request (held_until) where status = 'held';
-- A snoozed request is reminded of when it is back.
create index request_remind on request (max(remind_at, coalesce(snoozed_until, '')))
  where remind_at is not null and closed_at is null;
create index request_due on request (coalesce(due_at, '~'), thread, position, type, graph_name) where closed_at is null;
create index request_age on request (created_at, thread, position, type, graph_name) where closed_at is null;
create index request_priority on request (-priority, thread, position, type, graph_name) where closed_at is null;

create table response (
  request text primary key references request (id),
  action text not null,
  data text not null,
  actor text not null,
  via text not null,
  at text not null
);

create table effect (
  thread text not null,
  node text not null,
  visit integer not null,
  key text not null,
  intent text not null,
  result text,
  primary key (thread, node, visit, key)
) without rowid;

create table audit (
  id integer primary key,
  at text not null,
  thread text not null,
  request text,
  event text not null,
  actor text not null,
  via text not null,
  details text not null default '{}'
);
create index audit_thread on audit (thread, id);
create trigger audit_is_append_only before update on audit begin select raise(abort, 'the audit table is append-only'); end;
create trigger audit_is_kept before delete on audit begin select raise(abort, 'the audit table is append-only'); end;

create table outbox (
  id integer primary key,
  topic text not null,
  payload text not null,
  created_at text not null,
  attempts integer not null default 0,
  retry_at text,                   -- not before; while a process delivers it, when that one is taken for dead;
                                   -- null when it is given up
  sent_at text
);
create index outbox_unsent on outbox (retry_at, id) where sent_at is null;

create table document (
  collection text not null,
  id text not null,
  data text not null,
  updated_at text not null,
  primary key (collection, id)
) without rowid;

create table draft (
  request text primary key,
  data text not null,
  updated_at text not null
);
