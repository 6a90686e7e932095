-- What was said and by whom: words with the one who said them and, where it was said to somebody, to whom; titles and
-- tags count as words of the one who posted. {sample}: which texts to read, as a condition on text_id.
with words as (
    select text_id, min(body) as body from text where {sample} group by text_id
)
select i.actor_id as author, i.target_id as other, i.text_id, words.body
from interaction i
join words on words.text_id = i.text_id
where i.target_id is not null and i.actor_id <> i.target_id and i.kind not in (7, 8)
union all
select p.author_id as author, null as other, p.text_id,
    concat_ws(' . ', p.title, nullif(array_to_string(p.tags, ' . '), ''), words.body) as body
from (
    select post_id, min(author_id) as author_id, min(title) as title, min(tags) as tags, min(text_id) as text_id
    from post where author_id is not null and (text_id is null or {sample}) group by post_id
) p
left join words on words.text_id = p.text_id
