-- name: behind
select coalesce((select max(id) from audit), 0) - audit as behind from search_mark where id = 1

-- name: news
select id, thread from audit where id > (select audit from search_mark where id = 1) order by id limit :limit

-- name: set_mark
update search_mark set audit = :audit where id = 1

-- name: documents
select doc, case when doc < 0 then words end as words from searched where thread = :thread

-- name: open_requests
select rowid as doc from request where thread = :thread and superseded = 0 and closed_at is null

-- name: request
select thread, graph_name, coalesce(label, node) as node, prompt, context from request where rowid = :doc

-- name: thread
select -rowid as doc, id, graph_name, json_extract(error, '$.message') as error,
       case when status in ('ready', 'running') then json_extract(frontier, '$[0].node')
            else json_extract(error, '$.node') end as node
from thread where id = :thread

-- name: newest_requests
select coalesce(label, node) as node, prompt, context from request where thread = :thread and superseded = 0 order by rowid desc limit :limit

-- name: put
insert into searched (doc, thread, words) values (:doc, :thread, :words)

-- name: remove
delete from searched where doc = :doc

-- VACUUM may give rows without a number of their own other numbers; it keeps their order, so the last ones tell.
-- name: renumbered
select 1 from (select doc, thread from searched where doc > 0 order by doc desc limit 1) as last
where not exists (select 1 from request where request.rowid = last.doc and request.thread = last.thread)
union all
select 1 from (select doc, thread from searched where doc < 0 order by doc limit 1) as last
where not exists (select 1 from thread where thread.rowid = -last.doc and thread.id = last.thread)

-- name: remove_all
delete from searched where doc >= :first
