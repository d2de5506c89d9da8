-- name: put_step
insert into step (thread, seq, superstep, node, visit, status, output, writes, error, code_sha, started_at, ended_at,
                  attempt, retried, again_at, logs, kept)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (thread, seq) do update
set status = excluded.status, output = excluded.output, writes = excluded.writes, error = excluded.error,
    code_sha = excluded.code_sha, ended_at = excluded.ended_at, retried = excluded.retried, again_at = excluded.again_at,
    kept = excluded.kept, logs = coalesce(step.logs || excluded.logs, excluded.logs, step.logs)

-- name: set_writes
update step set writes = :writes where thread = :thread and seq = :seq

-- name: insert_request
insert into request (id, thread, step, node, visit, position, graph_name, type, prompt, context, options, allowed, schema,
                     risk, require_reason, timeout_seconds, policy, digest, status, due_at, remind, remind_at, created_at,
                     alias, label, priority, assignee)
select :id, :thread, :step, :node, :visit, :position, :graph_name, :type, :prompt, :context, :options, :allowed, :schema,
       :risk, :require_reason, :timeout_seconds, :policy, :digest, 'pending', :due_at, :remind, :remind_at, :created_at,
       :alias, :label, priority, assignee
from thread where id = :thread
on conflict (id) do nothing

-- name: supersede
update request
set superseded = 1, status = case when status in ('pending', 'held') then 'cancelled' else status end,
    closed_at = coalesce(closed_at, :now)
where thread = :thread and node = :node and visit = :visit and position = :position and superseded = 0
returning *

-- name: close_requests_of_step
update request set status = 'cancelled', closed_at = :now
where thread = :thread and superseded = 0 and step = :step and status in ('pending', 'held')

-- name: close_requests_of_thread
update request set status = 'cancelled', closed_at = :now
where thread = :thread and superseded = 0 and status in ('pending', 'held')

-- name: count_open
update thread
set open_requests = (select count(*) from request where thread = :id and superseded = 0 and closed_at is null)
where id = :id

-- name: steps_of_superstep
select * from step where thread = :thread and superstep = :superstep order by seq

-- name: asked
select r.*, p.action, p.data, p.actor, p.at
from request r left join response p on p.request = r.id and r.status in ('answered', 'timed_out')
where r.thread = :thread and r.node = :node and r.visit = :visit and r.superseded = 0
order by r.position
