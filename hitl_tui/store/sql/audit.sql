-- name: newest
select * from audit where id < :before_id order by id desc limit :limit

-- name: cancelled
select at, actor, via, details from audit where thread = :thread and event = 'cancelled' order by id desc limit 1

-- name: newest_of_thread
select * from audit where thread = :thread and id < :before_id order by id desc limit :limit
