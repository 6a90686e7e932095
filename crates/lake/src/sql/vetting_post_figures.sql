-- Posts with their newest counts. {filter} is empty or a list of numeric ids made by the program.
with authored as (
    select post_id, min(author_id) as author_id, min(created_at) as created_at, bool_or(paid_disclosure) as paid
    from post where author_id is not null {filter}
    group by post_id
),
counted as (
    select post_id,
        last_value(likes order by observed_at, fetched_at) as likes,
        last_value(comments order by observed_at, fetched_at) as comments,
        last_value(shares order by observed_at, fetched_at) as shares,
        last_value(views order by observed_at, fetched_at) as views,
        last_value(reach order by observed_at, fetched_at) as reach
    from post_metric group by post_id
)
select a.author_id, a.post_id, a.created_at, c.likes, c.comments, c.shares, c.views, c.reach, a.paid
from authored a join counted c on c.post_id = a.post_id
order by a.author_id, a.created_at, a.post_id
