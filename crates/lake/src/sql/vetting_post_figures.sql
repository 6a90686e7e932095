-- Posts with their counts, those of one post in the order they were seen. {filter} is empty or a list of numeric ids made
-- by the program. The newest is picked by the reader: picking it here costs time by posts times portions read.
with authored as (
    select post_id, min(author_id) as author_id, min(created_at) as created_at, bool_or(paid_disclosure) as paid
    from post where author_id is not null {filter}
    group by post_id
)
select a.author_id, a.post_id, a.created_at, c.likes, c.comments, c.shares, c.views, c.reach, a.paid
from authored a join post_metric c on c.post_id = a.post_id
order by a.author_id, a.created_at, a.post_id, c.observed_at, c.fetched_at
