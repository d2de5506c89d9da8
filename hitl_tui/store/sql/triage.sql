-- name: request
select id, coalesce(label, node) as node, status, due_at, snoozed_until from request where thread = :thread and id = :request

-- name: only_pending
select id, coalesce(label, node) as node, status, due_at, snoozed_until from request
where thread = :thread and superseded = 0 and status = 'pending'

-- name: snooze
update request set snoozed_until = :until where id = :request and status = 'pending'

-- name: any_over
select 1 from request where snoozed_until is not null and closed_at is null and snoozed_until <= :now limit 1

-- name: over
update request set snoozed_until = null
where rowid in (
  select rowid from request
  where snoozed_until is not null and closed_at is null and snoozed_until <= :now
  limit 200
)

-- name: touch
update thread set updated_at = :now
where id = :thread and status not in ('completed', 'cancelled', 'timed_out', 'failed')

-- name: assign
update thread set assignee = :who, updated_at = :now where id = :thread

-- name: assign_requests
update request set assignee = :who where thread = :thread and closed_at is null and superseded = 0

-- name: prioritise
update thread set priority = :priority, updated_at = :now where id = :thread

-- name: prioritise_requests
update request set priority = :priority where thread = :thread and closed_at is null and superseded = 0

-- name: add_note
insert into note (thread, at, actor, text) values (:thread, :now, :actor, :text)

-- name: notes
select at, actor, text from note where thread = :thread order by id

-- name: draft
select data from draft where request = :request and actor in (:actor, '') order by actor desc limit 1

-- name: save_draft
insert into draft (request, actor, data, updated_at) values (:request, :actor, :data, :now)
on conflict (request, actor) do update set data = excluded.data, updated_at = excluded.updated_at

-- name: forget_draft
delete from draft where request = :request and actor in (:actor, '')
