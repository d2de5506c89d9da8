-- name: any_due
select 1 from thread where wake_at <= :now limit 1

-- name: wake
update thread set wake_at = null where id in (select id from thread where wake_at <= :now order by wake_at limit 200)
