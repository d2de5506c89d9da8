-- name: document
select id as place, data from document where collection = :collection and id = :id

-- name: documents
select id as place, data from document where collection = :collection and id > :after order by id limit :limit

-- name: put_document
insert into document (collection, id, data, updated_at) values (:collection, :id, :data, :now)
on conflict (collection, id) do update set data = excluded.data, updated_at = excluded.updated_at

-- name: thread
select * from thread_document where id = :id

-- name: threads
select * from thread_document where place > :after order by place limit :limit

-- name: running_threads
select * from thread_document
-- `+`: they are few, and sorted sooner than all threads are gone through.
where status = 'running' and +place > :after order by +place limit :limit

-- name: threads_of_status
select * from thread_document where status = :status and status <> 'running' and place > :after order by place limit :limit

-- name: interaction
select rowid as place, * from request where id = :id

-- name: interactions
select rowid as place, * from request where rowid > :after and superseded = 0 order by rowid limit :limit

-- name: response
-- `own` is what a handler has written beside it.
select p.rowid as place, p.*, d.data as own from response p join request r on r.id = p.request
left join document d on d.collection = 'interaction_audit' and d.id = 'response_' || p.request
where p.request = :id and r.status in ('answered', 'timed_out')

-- name: responses
select p.rowid as place, p.*, d.data as own from response p join request r on r.id = p.request
left join document d on d.collection = 'interaction_audit' and d.id = 'response_' || p.request
where p.rowid > :after and r.status in ('answered', 'timed_out') order by p.rowid limit :limit

-- name: notes
select id as place, data from document
where collection = :collection and id > :after
  and not (id glob 'response_*' and exists (select 1 from request where request.id = substr(document.id, 10)))
order by id limit :limit

-- name: addressed
-- What an agent gave a name of its own: the open ones first, then the newest.
select id, thread, node, label, status, closed_at from request where alias = :id and superseded = 0
order by closed_at is not null, created_at desc limit 2
