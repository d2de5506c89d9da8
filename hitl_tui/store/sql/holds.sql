-- name: any_due
select 1 from request where status = 'held' and held_until <= :now limit 1

-- name: due
select id, thread, step from request where status = 'held' and held_until <= :now order by held_until limit 200

-- name: release
update request set status = 'answered' where id = :request and status = 'held'

-- name: held_of_thread
select r.id, r.node, r.due_at, r.remind_at, r.held_until, p.action, p.at
from request r join response p on p.request = r.id
where r.thread = :thread and r.status = 'held' and r.held_until > :now and (:request is null or r.id = :request)
order by p.at desc

-- name: known
select 1 from request where thread = :thread and id = :request

-- name: restore
update request set status = 'pending', held_until = null, closed_at = null, due_at = :due_at,
    remind_at = :remind_at, assignee = (select assignee from thread where id = request.thread),
    priority = (select priority from thread where id = request.thread)
where id = :request and status = 'held' and held_until > :now

-- name: forget_response
delete from response where request = :request

-- name: enter_inbox
update thread set open_requests = open_requests + 1, updated_at = :now where id = :thread
