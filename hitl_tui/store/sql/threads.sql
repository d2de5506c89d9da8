-- name: insert_graph
insert into graph (digest, name, definition, source, created_at)
values (:digest, :name, :definition, :source, :now)
on conflict (digest) do nothing

-- name: insert_thread
insert into thread (id, graph, graph_name, status, state, frontier, visits, priority, agents, created_at, updated_at)
values (:id, :graph, :graph_name, 'ready', :state, :frontier, :visits, :priority, :agents, :now, :now)

-- name: give
insert into given (thread, superstep, number, vals)
select id, superstep, (select count(*) from given where thread = :thread and superstep = thread.superstep), :values
from thread where id = :thread

-- name: thread
select * from thread where id = :id

-- name: graph
select * from graph where digest = :digest

-- name: graph_names
select distinct name from graph order by name

-- name: set_state
update thread set state = :state, updated_at = :now where id = :id

-- name: retry
update thread set status = 'ready', error = null, takeovers = 0, wake_at = null, updated_at = :now where id = :id

-- name: retry_steps
update step set retried = 1, again_at = case when again_at is not null then :now end
where thread = :id and status = 'failed' and superstep = (select superstep from thread where id = :id)

-- name: cancel
update thread
set status = 'cancelled', wake_at = null, lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1, updated_at = :now
where id = :id

-- name: insert_audit
insert into audit (at, thread, request, event, actor, via, details)
values (:now, :thread, :request, :event, :actor, :via, :details)
