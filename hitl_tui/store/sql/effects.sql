-- name: effect
select key, intent, result from effect where thread = :thread and node = :node and visit = :visit and key = :key

-- name: left_open
select key, json_extract(intent, '$.at') as at from effect
where thread = :thread and node = :node and visit = :visit and result is null
  and json_extract(intent, '$.harmless') is null and json_extract(intent, '$.is') is null
order by at, key

-- name: put_intent
insert into effect (thread, node, visit, key, intent) values (:thread, :node, :visit, :key, :intent)
on conflict (thread, node, visit, key) do update set intent = excluded.intent where result is null

-- name: record
update effect set result = :result
where thread = :thread and node = :node and visit = :visit and key = :key and result is null

-- name: withdraw
delete from effect where thread = :thread and node = :node and visit = :visit and key = :key
