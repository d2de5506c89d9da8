-- name: insert
insert into thread (id, graph, graph_name, status, outcome, state, frontier, visits, priority, agents, forked_from,
                    created_at, updated_at)
values (:id, :graph, :graph_name, 'ready', :outcome, :state, :frontier, :visits, :priority, :agents, :forked_from, :now,
        :now)
