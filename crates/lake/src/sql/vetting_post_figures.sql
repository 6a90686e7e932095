-- Posts with their newest counts; where several were taken in at one moment, the last row of a post is the newest. {filter}
-- is empty or a list of numeric ids made by the program. Only the moment is picked here: picking the counts themselves
-- (last_value by post) costs time by posts times portions read. Counts of other authors' posts are left out before
-- anything is gathered by post.
with authored as (
    select post_id, min(author_id) as author_id, min(created_at) as created_at, bool_or(paid_disclosure) as paid
    from post where author_id is not null {filter}
    group by post_id
),
newest as (
    select c.post_id, max(c.observed_at) as observed_at
    from authored a join post_metric c on c.post_id = a.post_id
    group by c.post_id
)
select a.author_id, a.post_id, a.created_at, c.likes, c.comments, c.shares, c.views, c.reach, a.paid
from authored a
join newest n on n.post_id = a.post_id
join post_metric c on c.post_id = n.post_id and c.observed_at = n.observed_at
order by a.author_id, a.created_at, a.post_id, c.fetched_at
