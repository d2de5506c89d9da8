-- name: standings
select t.id, t.status, t.outcome, t.error, t.wake_at,
       case when t.open_requests > 0 then
         (select json_group_array(json_array(r.node, r.type)) from request r
          where r.thread = t.id and r.superseded = 0 and r.closed_at is null)
       else '[]' end as waits
from thread t where t.id in (select value from json_each(:ids))
order by t.id
