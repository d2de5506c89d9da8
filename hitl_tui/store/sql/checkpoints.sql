-- name: given
select superstep, vals from given where thread = :thread order by superstep, number

-- name: effects
select node, visit, key, result from effect where thread = :thread order by node, visit, key
