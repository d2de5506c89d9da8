-- The requests of the time that is asked about are read once, into a small table in memory; the figures come from that.

-- name: collect
-- The answer of a cancelled request was held, and never took effect: it is none.
create temp table asked as
select r.type, r.node, r.created_at, r.closed_at is not null as closed, r.status = 'cancelled' as cancelled,
       r.status = 'timed_out' or coalesce(p.actor = 'system', 0) as timed_out, p.action,
       case when p.actor <> 'system' then max((julianday(p.at) - julianday(r.created_at)) * 86400, 0) end as seconds
from request r left join response p on p.request = r.id and r.status <> 'cancelled'
where r.created_at >= :earliest and r.superseded = 0 and (:graph is null or r.graph_name = :graph)

-- name: totals
select count(*) as total, count(*) filter (where not closed) as pending, count(*) filter (where closed) as closed,
       count(*) filter (where cancelled) as cancelled, count(*) filter (where timed_out) as timed_out,
       count(seconds) as answered, avg(seconds) as mean,
       count(*) filter (where seconds is not null and action = 'approve') as approved,
       count(*) filter (where seconds is not null and action = 'reject') as rejected
from asked where created_at >= :since

-- name: by_type
select type, count(*) as number from asked where created_at >= :since group by type order by number desc, type

-- name: spread
-- The middle (of an even number: between the two), and the least that 95 of 100 do not exceed.
with ordered as (
  select seconds, row_number() over (order by seconds) as place, count(*) over () as number
  from asked where created_at >= :since and seconds is not null
)
select avg(seconds) filter (where place in ((number + 1) / 2, (number + 2) / 2)) as median,
       max(seconds) filter (where place = (number * 95 + 99) / 100) as p95
from ordered

-- name: per_day
-- Day 0 ends now; each has 24 hours.
select min(cast((julianday(:now) - julianday(created_at)) as integer), :days - 1) as ago, count(*) as number
from asked where created_at >= :since and created_at <= :now
group by ago

-- name: busy_nodes
select node, count(*) as number from asked
where created_at >= :busy_since
group by node having number > :more_than
order by number desc, node

-- name: each
select * from asked order by created_at
