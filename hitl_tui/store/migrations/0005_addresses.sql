-- How an agent named its question where that differs from the thread and the node that asked it: each batch of a node
-- has a name of its own, and can be answered by it as if it were a thread.

alter table request add column alias text;
alter table request add column label text;
create index request_alias on request (alias) where alias is not null;

-- A thread as handlers see it.
create view thread_document as
select t.rowid as place, t.id, t.graph_name, t.status, t.outcome, t.assignee, t.created_at, t.updated_at,
       (select r.id from request r where r.thread = t.id and r.superseded = 0 and r.closed_at is null
        order by r.node, r.visit, r.position limit 1) as pending,
       case when t.status = 'timed_out' then
         (select r.id from request r where r.thread = t.id and r.superseded = 0 and r.status = 'timed_out'
          order by r.closed_at desc limit 1) end as timed_out
from thread t;
