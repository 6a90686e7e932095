-- Comments and replies under posts with a known author, by anybody, in the order of author, post and time.
-- An answer (kind 2) is a post of its own and not a comment; likes and follows are not talk.
-- {filter} is empty or a list of numeric ids made by the program.
with authored as (
    select post_id, min(author_id) as author_id from post p
    where author_id is not null {filter}
    group by post_id
)
select a.author_id, i.post_id, i.actor_id, i.at, i.id_lower, i.parent_lower
from authored a join interaction i on i.post_id = a.post_id
where i.kind in (0, 1, 4, 6)
order by a.author_id, i.post_id, i.at, i.id_lower
