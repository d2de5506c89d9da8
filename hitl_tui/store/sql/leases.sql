-- name: next_ready
select id from thread
where status = 'ready' and wake_at is null
  and (agents is null or agents in (select value from json_each(:trusted)))
order by priority desc, updated_at
limit :limit

-- name: next_expired
select id from thread
where status = 'running' and lease_until < :now
  and (agents is null or agents in (select value from json_each(:trusted)))
  and id not in (select value from json_each(:held))
order by lease_until
limit :limit

-- name: free
select 1 from thread
where id = :id
  and ((status = 'ready' and wake_at is null) or (status = 'running' and lease_until < :now))
  and (agents is null or agents in (select value from json_each(:trusted)))

-- name: claim
update thread
set takeovers = takeovers + (status = 'running'),
    status = 'running', lease_owner = :owner, lease_epoch = lease_epoch + 1, lease_until = :until, updated_at = :now
where id in (select value from json_each(:ids))
  and ((status = 'ready' and wake_at is null) or (status = 'running' and lease_until < :now))
  and (agents is null or agents in (select value from json_each(:trusted)))
returning *

-- name: renew
update thread set lease_until = :until
where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'

-- name: lost
select lease.key from json_each(:leases) as lease
where not exists (
  select 1 from thread
  where id = json_extract(lease.value, '$[0]') and lease_owner = json_extract(lease.value, '$[1]')
    and lease_epoch = json_extract(lease.value, '$[2]') and status = 'running'
)

-- name: hand_back
update thread set status = 'ready', lease_owner = null, lease_until = null
where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'
