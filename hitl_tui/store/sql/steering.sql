-- name: set_state
update thread set state = :state, updated_at = :now where id = :id

-- name: retry
update thread set status = 'ready', error = null, takeovers = 0, wake_at = null, updated_at = :now where id = :id

-- name: retry_steps
update step set retried = 1, again_at = case when again_at is not null then :now end
where thread = :id and status = 'failed' and superstep = (select superstep from thread where id = :id)

-- name: retry_culprit
update step set retried = 1
where thread = :id and status = 'ok' and seq = (
  select max(s.seq) from step s
  where s.thread = :id and s.node = :node and s.superstep = (select superstep from thread where id = :id)
)

-- name: last_mend
select event from audit where thread = :id and event in ('failed', 'state_changed') order by id desc limit 1

-- name: held
select r.id as request_id, coalesce(r.label, r.node) as node, p.action, p.actor
from request r join response p on p.request = r.id
where r.thread = :thread and r.superseded = 0 and r.status = 'held'
order by p.at

-- name: cancel
update thread
set status = 'cancelled', wake_at = null, lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1, updated_at = :now
where id = :id
