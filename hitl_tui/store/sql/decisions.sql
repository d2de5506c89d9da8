-- name: open_requests
select * from request where thread = :thread and superseded = 0 and status in ('pending', 'held') order by node, visit, position

-- name: all_open
select r.*, t.graph_name as thread_graph, t.status as thread_status, t.agents as thread_agents
from thread t left join request r on r.thread = t.id and r.superseded = 0 and r.closed_at is null
where t.id = :thread
order by r.node, r.visit, r.position

-- name: the_named
select r.*, t.graph_name as thread_graph, t.status as thread_status, t.agents as thread_agents
from thread t left join request r on r.thread = t.id and r.id = :request
where t.id = :thread

-- name: last_decision
select r.id, coalesce(r.label, r.node) as node, r.status, p.action, p.actor, p.at, p.via
from request r left join response p on p.request = r.id and r.status <> 'cancelled'
-- Each half has an index of its own; without them every request is read.
where (r.thread = :thread and r.superseded = 0 or r.thread = :thread and r.superseded = 1) and r.closed_at is not null
  and (r.id = :request or (:request is null and (r.superseded = 0 or p.action is not null)))
order by r.closed_at desc
limit 1

-- name: last_timed_out
select id from request
where thread = :thread and status = 'timed_out' and superseded = 0
order by closed_at desc
limit 1

-- name: answer
update request set status = :status, held_until = :held_until, closed_at = :now
where id = :request and status = 'pending'

-- name: insert_response
insert into response (request, action, data, actor, via, at)
values (:request, :action, :data, :actor, :via, :now)

-- name: others_open
select 1 from request
where thread = :thread and superseded = 0 and step = :step and status in ('pending', 'held')

-- name: decided
update thread set open_requests = open_requests - 1, updated_at = :now where id = :thread

-- name: decided_last
update thread
set open_requests = open_requests - 1, updated_at = :now, wake_at = null, status = coalesce(:woken, status),
    lease_owner = coalesce(:owner, lease_owner), lease_until = coalesce(:until, lease_until),
    lease_epoch = lease_epoch + :claims
where id = :thread

-- name: leave_inbox
update thread set open_requests = open_requests - 1, updated_at = :now where id = :thread

-- name: wake
update thread set status = 'ready', wake_at = null, updated_at = :now
where id = :thread and (status = 'paused' or wake_at is not null) and not exists (
  select 1 from request r
  where r.thread = :thread and r.superseded = 0 and r.step = :step and r.status in ('pending', 'held')
)
