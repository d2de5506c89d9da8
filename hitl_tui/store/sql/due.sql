-- name: any_due
select 1 from request where closed_at is null and coalesce(due_at, '~') < :now limit 1

-- name: has_expired
select 1 from audit
where thread = :thread and via = :via
  and not exists (select 1 from request where thread = :thread and superseded = 0 and closed_at is null)
limit 1

-- name: due
select * from request
where closed_at is null and coalesce(due_at, '~') < :now and (:thread is null or thread = :thread)
order by coalesce(due_at, '~')
limit case when :thread is null then 200 else -1 end

-- name: close
update request set status = :status, closed_at = :now where id = :request and status = 'pending'

-- name: rearm
update request set due_at = :due_at, remind_at = :remind_at, reminded_at = null, policy = null
where id = :request and status = 'pending'
