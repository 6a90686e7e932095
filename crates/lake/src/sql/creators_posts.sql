-- The newest posts of one account with their words and newest counts.
with theirs as (
    select post_id, min(created_at) as created_at, min(kind) as kind, min(title) as title,
        min(text_id) as text_id, min(url) as url
    from post where author_id = {account}
    group by post_id
    order by created_at desc, post_id
    limit {limit}
),
said as (
    select text_id, min(body) as body from text where text_id in (select text_id from theirs) group by text_id
),
counted as (
    select post_id,
        last_value(likes order by observed_at, fetched_at) as likes,
        last_value(comments order by observed_at, fetched_at) as comments,
        last_value(views order by observed_at, fetched_at) as views
    from post_metric where post_id in (select post_id from theirs) group by post_id
)
select t.post_id, t.created_at, t.kind, t.title, said.body, t.url, counted.likes, counted.comments, counted.views
from theirs t
left join said on said.text_id = t.text_id
left join counted on counted.post_id = t.post_id
order by t.created_at desc, t.post_id
