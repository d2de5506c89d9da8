-- name: given
select superstep, vals from given where thread = :thread order by superstep, number

-- name: effects
select node, visit, key, result from effect
where thread = :thread and json_extract(intent, '$.is') is null order by node, visit, key

-- name: begun
select node, visit, key from effect
where thread = :thread and result is null and json_extract(intent, '$.harmless') is null
  and json_extract(intent, '$.is') is null
order by node, visit, key

-- name: superstep_of
select superstep from step where thread = :thread and seq = :step

-- name: changes_since_asked
select count(*) as changes from audit
where thread = :thread and event = 'state_changed' and id > (
    select min(asked.id) from audit asked join request on request.id = asked.request
    where asked.thread = :thread and asked.event = 'asked'
      and request.thread = :thread and request.step = (select step from request where id = :request)
)
