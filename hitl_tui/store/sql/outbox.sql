-- name: put
insert into outbox (topic, payload, created_at, retry_at) values (:topic, :payload, :now, :now)

-- name: drop_oldest
delete from outbox where id <= (select max(id) from outbox) - :kept

-- name: any_due
select 1 from outbox where sent_at is null and retry_at between :since and :now limit 1

-- name: take
update outbox set attempts = attempts + 1, retry_at = :until
where id = (
  select id from outbox where sent_at is null and retry_at between :since and :now order by retry_at, id limit 1
)
returning id, topic, payload, attempts, created_at

-- name: remind_at
select due_at, assignee,
       case status when 'held' then :until else max(:now, min(:until, coalesce(snoozed_until, :now))) end as at
from request
where id = :request and reminded_at = :reminded_at and (status = 'held' or closed_at is null and due_at >= :now)

-- name: postpone
update outbox set attempts = attempts - 1, retry_at = :retry_at where id = :id

-- name: sent
update outbox set sent_at = :now where id = :id and sent_at is null

-- name: failed
update outbox set retry_at = :retry_at where id = :id and attempts = :attempt and sent_at is null
