-- name: insert_graph
insert into graph (digest, name, definition, source, created_at)
values (:digest, :name, :definition, :source, :now)
on conflict (digest) do nothing

-- name: insert_thread
insert into thread (id, graph, graph_name, status, state, frontier, visits, priority, agents, created_at, updated_at,
                    lease_owner, lease_epoch, lease_until)
values (:id, :graph, :graph_name, :woken, :state, :frontier, :visits, :priority, :agents, :now, :now,
        :owner, :claims, :until)

-- name: used
select 1 from audit where thread = :id limit 1

-- name: give
insert into given (thread, superstep, number, vals)
select id, superstep, (select count(*) from given where thread = :thread and superstep = thread.superstep), :values
from thread where id = :thread

-- name: thread
select * from thread where id = :id

-- name: asks
select thread from request where alias = :name order by created_at desc limit 1

-- name: graph
select * from graph where digest = :digest

-- name: graph_names
select distinct name from graph order by name

-- name: insert_audit
insert into audit (at, thread, request, event, actor, via, details)
values (?, ?, ?, ?, ?, ?, ?)
