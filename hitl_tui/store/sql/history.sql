-- name: steps
select * from step where thread = :thread order by seq

-- name: failure
select error from step
where thread = :thread and superstep = :superstep and node = :node and status = 'failed'
order by seq desc
limit 1

-- name: decisions
select r.*, p.action, p.data, p.actor, p.via, p.at
from request r join response p on p.request = r.id
-- Each half has an index of its own; without them every request is read.
where (r.thread = :thread and r.superseded = 0 or r.thread = :thread and r.superseded = 1)
  and r.status in ('answered', 'timed_out')
order by p.at

-- name: decisions_before
select r.*, p.action, p.data, p.actor, p.via, p.at
from request r join response p on p.request = r.id
join step s on s.thread = r.thread and s.seq = r.step
where r.thread = :thread and r.superseded = 0 and r.status in ('answered', 'timed_out')
  and (s.superstep < :superstep or s.superstep = :superstep and :ended and s.status not in ('paused', 'failed'))
order by p.at

-- name: replaced
select new.id, old.id as instead_of
from request old
join response p on p.request = old.id
join request new on new.thread = old.thread and new.node = old.node and new.visit = old.visit
  and new.position = old.position and new.superseded = 0
where old.thread = :thread and old.superseded = 1 and old.status in ('answered', 'timed_out')
order by old.closed_at

-- name: transcript
select r.prompt, r.node, r.created_at, p.data, p.actor, p.at
from request r left join response p on p.request = r.id
where r.thread = :thread and r.type = 'conversation' and r.superseded = 0 and r.status <> 'cancelled'
order by r.created_at, r.position
