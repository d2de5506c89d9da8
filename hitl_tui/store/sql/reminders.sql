-- `:now` against the expression of the index: one look costs nothing while nothing is due.

-- name: any_due
select 1 from request
where closed_at is null and remind_at is not null and max(remind_at, coalesce(snoozed_until, '')) <= :now
limit 1

-- name: due
select r.id, r.thread, r.graph_name, r.node, r.type, r.due_at, r.remind, t.assignee
from request r join thread t on t.id = r.thread
where r.closed_at is null and r.remind_at is not null and max(r.remind_at, coalesce(r.snoozed_until, '')) <= :now
limit 100

-- name: reminded
update request set remind_at = :remind_at, reminded_at = coalesce(:reminded_at, reminded_at) where id = :request
