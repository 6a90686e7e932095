-- Comments and replies by others under the newest posts of one account, with their words, in the order of post and time.
-- The numbers are made by the program, never text from outside.
with theirs as (
    select post_id, min(created_at) as created_at
    from post where author_id = {author}
    group by post_id
    order by created_at desc, post_id
    limit {posts}
),
said as (
    select i.post_id, t.created_at, i.actor_id, i.at, i.text_id, i.id_lower
    from theirs t join interaction i on i.post_id = t.post_id
    where i.kind in (0, 1, 4, 6) and i.actor_id <> {author}
    order by i.at desc, i.id_lower
    limit {rows}
),
words as (
    select text_id, min(body) as body from text where text_id in (select text_id from said) group by text_id
)
select s.post_id, s.created_at, s.actor_id, s.at, s.text_id, w.body
from said s left join words w on w.text_id = s.text_id
order by s.created_at, s.post_id, s.at, s.id_lower
