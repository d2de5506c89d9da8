-- name: newest
select * from audit
where (:thread is null or thread = :thread) and (:before is null or id < :before)
order by id desc
limit :limit
