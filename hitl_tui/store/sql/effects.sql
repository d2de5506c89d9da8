-- name: effect
select key, intent, result from effect where thread = :thread and node = :node and visit = :visit and key = :key

-- name: effects_of_visit
select key, intent, result is null as is_open from effect where thread = :thread and node = :node and visit = :visit

-- name: put_intent
insert into effect (thread, node, visit, key, intent) values (:thread, :node, :visit, :key, :intent)
on conflict (thread, node, visit, key) do update set intent = excluded.intent where result is null

-- name: record
update effect set result = :result
where thread = :thread and node = :node and visit = :visit and key = :key and result is null

-- name: withdraw
delete from effect where thread = :thread and node = :node and visit = :visit and key = :key
