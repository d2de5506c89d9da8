-- name: lease
select 1 from thread where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'

-- name: go_on
update thread
set steps = max(steps, :seq), takeovers = 0, superstep = superstep + :supersteps, state = coalesce(:state, state),
    frontier = coalesce(:frontier, frontier), visits = coalesce(:visits, visits),
    outcome = case when :supersteps then :outcome else outcome end,
    updated_at = case when :supersteps then :now else updated_at end,
    open_requests = case when :recount
      then (select count(*) from request where thread = :id and superseded = 0 and closed_at is null)
      else open_requests end
where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'

-- name: finish
update thread
set steps = max(steps, :seq), takeovers = 0, superstep = superstep + :supersteps, state = coalesce(:state, state),
    frontier = coalesce(:frontier, frontier), visits = coalesce(:visits, visits),
    outcome = :outcome, status = :status, error = :error, lease_owner = null, lease_until = null, updated_at = :now,
    open_requests = case when :recount
      then (select count(*) from request where thread = :id and superseded = 0 and closed_at is null)
      else open_requests end
where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'

-- name: release_paused
update thread
set steps = max(steps, :seq), takeovers = 0, superstep = superstep + :supersteps, state = coalesce(:state, state),
    frontier = coalesce(:frontier, frontier), visits = coalesce(:visits, visits),
    outcome = case when :supersteps then :outcome else outcome end,
    status = case when exists (
      select 1 from step s
      where s.thread = thread.id and s.superstep = thread.superstep + :supersteps and s.status = 'paused'
        and not exists (select 1 from request r where r.thread = s.thread and r.superseded = 0 and r.step = s.seq
            and r.status in ('pending', 'held'))
    ) then 'ready' else 'paused' end,
    lease_owner = null, lease_until = null, updated_at = :now,
    open_requests = case when :recount
      then (select count(*) from request where thread = :id and superseded = 0 and closed_at is null)
      else open_requests end
where id = :id and lease_owner = :owner and lease_epoch = :epoch and status = 'running'

-- name: fall_asleep
update thread set status = 'ready', wake_at = :wake_at where id = :id and status = 'paused'
