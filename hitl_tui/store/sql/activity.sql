-- name: running
select id, graph_name, frontier, updated_at, lease_owner, lease_until, takeovers
from thread where status = 'running'
order by updated_at, id
limit :limit

-- name: owners
select lease_owner as owner, count(*) as threads
from thread where status = 'running' and lease_owner is not null
group by lease_owner
order by threads desc, owner

-- name: standing
select (select count(*) from thread where status = 'running') as running,
       (select count(*) from thread where status = 'ready' and wake_at is null) as ready,
       (select count(*) from thread where wake_at is not null) as asleep,
       (select min(wake_at) from thread where wake_at is not null) as next_wake

-- name: event_at_or_after
select id, at from audit where id >= :id order by id limit 1

-- name: last_event
select max(id) as id from audit

-- name: per_minute
-- An event of a thread, not of a request, tells that it has ended. Minute 0 ends now.
select cast((julianday(:now) - julianday(at)) * 1440 as integer) as ago,
       count(*) filter (where request is null and event in ('completed', 'failed', 'timed_out')) as ended,
       count(*) filter (where request is null and event in ('failed', 'timed_out')) as failed,
       count(*) filter (where event = 'asked') as asked
from audit
where id >= :first and at >= :since and at <= :now
group by ago

-- name: failures
-- The newest failures that still stand.
select t.id, t.graph_name, t.status, max(a.at) as at, json_extract(t.error, '$.node') as node,
       substr(coalesce(json_extract(t.error, '$.type') || ': ', '') || json_extract(t.error, '$.message'), 1, 300) as error
from audit a join thread t on t.id = a.thread
where a.id >= :first and a.request is null and a.event = t.status and a.event in ('failed', 'timed_out')
group by t.id
order by max(a.id) desc
limit :limit
