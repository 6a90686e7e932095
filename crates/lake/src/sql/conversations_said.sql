-- What was said and by whom: words with the one who said them and, where it was said to somebody, to whom; titles and
-- tags count as words of the one who posted. {sample}: which texts to read, as a condition on text_id; {of_posts}: which
-- posts without a text, as one on post_id. Texts are looked up once for both.
with said as (
    select actor_id as author, target_id as other, text_id, cast(null as bigint) as post_id, cast(null as varchar) as title
    from interaction
    where target_id is not null and actor_id <> target_id and kind not in (7, 8) and text_id is not null and ({sample})
    union all
    select author_id as author, cast(null as bigint) as other, text_id, post_id,
        concat_ws(' . ', title, nullif(array_to_string(tags, ' . '), '')) as title
    from (
        select post_id, min(author_id) as author_id, min(title) as title, min(tags) as tags, min(text_id) as text_id
        from post where author_id is not null and ({sample} or text_id is null and ({of_posts})) group by post_id
    ) p
)
select said.author, said.other, said.text_id, said.post_id, concat_ws(' . ', nullif(said.title, ''), words.body) as body
from said
left join (select text_id, min(body) as body from text where {sample} group by text_id) words
    on words.text_id = said.text_id
where said.title is not null or words.body is not null
