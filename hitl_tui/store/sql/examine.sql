-- For `hitl doctor`: on a database of any schema of ours that is not newer than we are.

-- name: tables
select count(*) as tables from sqlite_master where type = 'table'

-- name: blocked
select agents, count(*) as threads from thread
where status = 'ready' and status <> 'running' and agents is not null and agents not in (select value from json_each(:trusted))
group by agents
order by threads desc, agents

-- name: ready
select count(*) as threads from thread where status = 'ready' and (wake_at is null or wake_at <= :now)
  and (agents is null or agents in (select value from json_each(:trusted)))

-- name: overdue
select count(*) as requests from request where closed_at is null and coalesce(due_at, '~') < :now

-- name: overdue_holds
select count(distinct thread) as threads from request where status = 'held' and held_until <= :since

-- name: expired_leases
select id, lease_owner, lease_until from thread where status = 'running' and lease_until < :since
order by lease_until
limit :limit

-- name: taken_over
select id, takeovers from thread where status = 'running' and takeovers >= 2 order by takeovers desc limit :limit

-- name: statuses
select status, count(*) as threads from thread where status <> 'running' group by status
union all select status, count(*) from thread where status = 'running' group by status

-- name: messages
select count(*) filter (where retry_at is null) as given_up, count(*) filter (where retry_at is not null) as waiting,
       min(created_at) filter (where retry_at is not null) as oldest
from outbox where sent_at is null

-- name: newest_time
select max(at) as at from (
  select at from (select at from audit order by id desc limit 100)
  union all select max(updated_at) from thread where status = 'running'
)

-- name: thread
select t.*, g.definition, g.source from thread t left join graph g on g.digest = t.graph where t.id = :id

-- name: requests
select id, node, type, status, due_at, held_until, closed_at, superseded from request where thread = :id order by created_at

-- name: steps
select node, status, count(*) as runs from step where thread = :id group by node, status order by min(seq)

-- name: ids_with
select id from thread where instr(lower(id), lower(:part)) > 0 limit :limit

-- name: thread_ids
select id from thread order by updated_at desc limit :limit
