-- Every text once, with the title of what it was said under and whether it was a question, an answer or a comment.
-- Equal words may have been said in several places; then one of them stands for all, always the same one.
-- {these}: which texts, as a condition on text_id.
with places as (
    select text_id, min(title) as title, min(place) as place from (
        select p.text_id, coalesce(p.title, q.title) as title,
            case p.kind when 'question' then 1 when 'answer' then 2 else 4 end as place
        from (select * from post where text_id is not null and {these}) p
        left join (select post_id, min(title) as title from post group by post_id) q on q.post_id = p.parent_post_id
        union all
        select i.text_id, p.title, case i.kind when 2 then 2 else 3 end as place
        from (select text_id, post_id, kind from interaction where text_id is not null and {these}) i
        left join (
            select p.post_id, min(coalesce(p.title, q.title)) as title
            from post p left join (select post_id, min(title) as title from post group by post_id) q
                on q.post_id = p.parent_post_id
            group by p.post_id
        ) p on p.post_id = i.post_id
    ) group by text_id
)
select t.text_id, t.body, places.title, places.place
from (select text_id, min(body) as body from text where {these} group by text_id) t
left join places on places.text_id = t.text_id
