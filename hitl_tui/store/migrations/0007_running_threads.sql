-- What runs is known from its lease alone: a thread that goes on, or comes to its question, is written to no other index.
-- A query reads these where it says `status <> 'running'`, in these words.
drop index thread_status;
create index thread_status on thread (status) where status <> 'running';

drop index thread_listed;
drop index thread_listed_age;
drop index thread_listed_priority;
create index thread_listed on thread (id, status, graph_name, assignee, started)
  where open_requests = 0 and status <> 'running';
create index thread_listed_age on thread (created_at, id, status, graph_name, assignee, started)
  where open_requests = 0 and status <> 'running';
create index thread_listed_priority on thread (-priority, id, status, graph_name, assignee, started)
  where open_requests = 0 and status <> 'running';
