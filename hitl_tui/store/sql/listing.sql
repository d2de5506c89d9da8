-- A window is cut in two steps: first the row ids, from covering indexes alone; then those rows, whole.
-- `{key}` is the sort key and `{position}` tells the requests of a thread apart: they are expressions of an index, so
-- that no query here sorts; `{index}` names the index to read, because SQLite would take the smallest one and look up
-- every row of it. Of the filters only those lines are used whose column is restricted. Threads that run are few, and
-- in no index of a list.

-- name: open_requests
select {key} as k, thread as t, {position} as p, rowid as id, 1 as asked from request {index} where closed_at is null

-- name: other_threads
select {key} as k, id as t, -1 as p, rowid as id, 0 as asked from thread {index}
where open_requests = 0 and status <> 'running'

-- name: running_threads
select {key} as k, id as t, -1 as p, rowid as id, 0 as asked from thread indexed by thread_leased
where open_requests = 0 and status = 'running'

-- name: request_filters
and type in (:types)
and graph_name in (:graphs)
-- Threads with open requests are paused, but for a few: only those are looked up, in an index of their own.
and thread not in (select id from thread where open_requests > 0 and status <> 'paused' and status not in (:paused_and))
and superseded = 0 and thread in (select id from thread where open_requests > 0 and status <> 'paused' and status in (:unpaused))
and risk in (:risks)
and coalesce(snoozed_until, '') <= :awake_at
and snoozed_until > :asleep_at
and asked <= :asked_before
and assignee in (:assignees)
and assignee is null and :unassigned
-- `+`: in their order, and each looked up among what was found: found rows may be many, and would have to be sorted.
and +rowid in (select rowid from search where rowid > 0 and search match :text)
and rowid in (select value from json_each(:found))
and id in (select value from json_each(:keys))

-- name: thread_filters
and graph_name in (:graphs)
-- `+`: by its status index SQLite would read every thread of that status and sort them.
and +status in (:statuses)
and started <= :asked_before
and assignee in (:assignees)
and assignee is null and :unassigned
and -rowid in (select rowid from search where rowid < 0 and search match :text)
and rowid in (select -value from json_each(:found))
and id in (select value from json_each(:keys))

-- name: found
select rowid from search where search match :text limit :limit

-- name: is_found
select 1 from search where rowid = :doc and search match :text

-- name: request_items
select r.rowid as id, r.position, r.thread, r.graph_name, t.status, coalesce(r.label, r.node) as node, r.type, substr(r.prompt, 1, 200) as prompt,
       r.id as request, r.created_at, t.updated_at, r.due_at, r.reminded_at, r.priority, t.assignee, r.risk,
       t.agents, null as error, r.snoozed_until, r.digest,
       r.schema is null and instr(r.context, '"tool"') = 0 as plain
from request r join thread t on t.id = r.thread
where r.rowid in (select value from json_each(:ids))

-- name: thread_items
select t.rowid as id, -1 as position, t.id as thread, t.graph_name, t.status,
       case when t.status in ('ready', 'running') then json_extract(t.frontier, '$[0].node')
            else json_extract(t.error, '$.node') end as node,
       null as type, null as prompt, null as request, t.created_at, t.updated_at, null as due_at, null as reminded_at,
       t.priority, t.assignee, null as risk, t.agents, substr(json_extract(t.error, '$.message'), 1, 200) as error,
       null as snoozed_until, null as digest, 0 as plain
from thread t
where t.rowid in (select value from json_each(:ids))

-- name: place_of_request
select {key} as k, thread as t, {position} as p, rowid as doc from request where id = :item and closed_at is null

-- name: place_of_thread
select {key} as k, id as t, -1 as p, -rowid as doc from thread where id = :item and open_requests = 0

-- name: any_snoozed
select 1 from request where snoozed_until > :now and snoozed_until is not null and closed_at is null limit 1

-- name: counts
select
  (select count(*) from (select 1 from request where closed_at is null and coalesce(snoozed_until, '') <= :now limit :cap)) as waiting,
  (select count(*) from (
     select 1 from request
     where closed_at is null and coalesce(due_at, '~') <= :soon and coalesce(snoozed_until, '') <= :now limit :cap)) as due_soon,
  (select count(*) from (select 1 from request where closed_at is null and snoozed_until > :now limit :cap)) as snoozed,
  (select count(*) from (select 1 from thread where status = 'ready' and status <> 'running' limit :cap)) as ready,
  (select count(*) from (select 1 from thread where status = 'running' limit :cap)) as running,
  (select count(*) from (select 1 from thread where status in ('failed', 'timed_out') and status <> 'running' limit :cap)) as failed,
  (select count(*) from (select 1 from thread where status in ('completed', 'cancelled') and status <> 'running' limit :cap)) as done,
  (select count(*) from (
     select 1 from thread where status = 'ready' and status <> 'running' and agents is not null
       and agents not in (select value from json_each(:trusted)) limit :cap)) as blocked,
  exists (select 1 from request where status = 'held' and held_until <= :stuck) as stuck
