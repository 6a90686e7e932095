-- Interactions that are known by one of these ids, and likes, reposts and follows (kinds 7, 5, 8) of whose record one is the id. {wanted}
-- holds the lower halves; the caller compares the upper ones.
select id_upper, id_lower, text_id, parent_upper, parent_lower
from interaction_kept
where id_lower in (select id from {wanted})
union all
select id_upper, id_lower, text_id, parent_upper, parent_lower
from interaction_kept
where kind in (5, 7, 8) and parent_lower in (select id from {wanted})
