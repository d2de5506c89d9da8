-- name: open_requests
select * from request where thread = :thread and superseded = 0 and closed_at is null order by node, visit, position

-- name: request
select * from request where id = :id and thread = :thread

-- name: last_decision
select r.id, r.node, r.status, p.action, p.actor, p.at, p.via
from request r left join response p on p.request = r.id
where r.thread = :thread and r.superseded = 0 and (:request is null or r.id = :request) and r.closed_at is not null
order by r.closed_at desc
limit 1

-- name: answer
update request set status = 'answered', closed_at = :now
where id = :request and status = 'pending'

-- name: insert_response
insert into response (request, action, data, actor, via, at)
values (:request, :action, :data, :actor, :via, :now)

-- name: wake
update thread
set open_requests = open_requests - 1,
    status = case
      when status = 'paused' and not exists (
        select 1 from request r where r.thread = :thread and r.superseded = 0 and r.step = :step and r.closed_at is null
      ) then 'ready' else status end,
    updated_at = :now
where id = :thread
