-- The few threads that have open requests and are not paused, so that open requests can be listed by thread status.
create index thread_open on thread (status, id) where open_requests > 0 and status <> 'paused';
