-- Exchanges between a set of people and one account, both ways, newest first, with their words and the post they
-- were made under. The ids are numbers made by the program, never text from outside.
-- An answer is a post itself, so its own title is empty: the title shown is that of the post it was made under.
with exchange as (
    select actor_id, target_id, kind, at, text_id, post_id, source_id, import_id, id_upper, id_lower
    from interaction
    where kind not in (7, 8)
      and ((target_id = {target} and actor_id in ({actors})) or (actor_id = {target} and target_id in ({actors})))
    order by at desc, id_upper, id_lower
    limit {limit} offset {offset}
),
said as (
    select text_id, min(body) as body from text where text_id in (select text_id from exchange) group by text_id
),
under as (
    select post_id, min(title) as title, min(url) as url
    from post where post_id in (select post_id from exchange) group by post_id
)
select e.actor_id, e.target_id, e.kind, e.at, said.body, under.title, under.url, e.source_id, e.import_id
from exchange e
left join said on said.text_id = e.text_id
left join under on under.post_id = e.post_id
order by e.at desc, e.id_upper, e.id_lower
