-- name: newest
select * from audit where id < :before_id order by id desc limit :limit

-- name: newest_of_thread
select * from audit where thread = :thread and id < :before_id order by id desc limit :limit
