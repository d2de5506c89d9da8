-- name: prunable
select id from thread
where status in ('completed', 'cancelled', 'timed_out', 'failed') and status <> 'running' and updated_at < :ended_before
  and open_requests = 0 and id not in (select thread from request where status = 'held')
  and (:whole or pruned_at is null or pruned_at < updated_at)
limit :limit

-- name: count
select count(*) from thread
where status in ('completed', 'cancelled', 'timed_out', 'failed') and status <> 'running' and updated_at < :ended_before
  and open_requests = 0 and id not in (select thread from request where status = 'held')
  and (:whole or pruned_at is null or pruned_at < updated_at)

-- name: lasting_steps
select count(*) from step s join thread t on t.id = s.thread
where s.thread = :id and (t.status <> 'failed' or s.superstep < t.superstep)

-- name: empty_steps
update step set output = 'null', writes = json_object(), kept = null, logs = null
where thread = :id
  and (superstep < (select superstep from thread where id = :id) or (select status <> 'failed' from thread where id = :id))

-- name: forget_given
delete from given where thread = :id

-- name: forget_effects
delete from effect where thread = :id and result is not null and (select status <> 'failed' from thread where id = :id)

-- name: mark
update thread set pruned_at = :now
where id = :id and status in ('completed', 'cancelled', 'timed_out', 'failed') and updated_at < :ended_before
  and open_requests = 0 and (:whole or pruned_at is null or pruned_at < updated_at)
  and not exists (select 1 from request where thread = :id and superseded = 0 and status = 'held')

-- name: delete_responses
delete from response where request in (select id from request where thread = :id and superseded = 0)
  or request in (select id from request where thread = :id and superseded = 1)

-- name: forget_drafts
delete from draft where request in (select id from request where thread = :id and superseded = 0)
  or request in (select id from request where thread = :id and superseded = 1)

-- name: delete_notes
delete from note where thread = :id

-- name: delete_requests
delete from request where thread = :id and superseded = 0

-- name: delete_superseded
delete from request where thread = :id and superseded = 1

-- name: delete_effects
delete from effect where thread = :id

-- name: delete_steps
delete from step where thread = :id

-- name: delete_searched
delete from searched where thread = :id

-- name: merge_search
insert into search (search) values ('optimize')

-- name: delete_thread
delete from thread where id = :id
