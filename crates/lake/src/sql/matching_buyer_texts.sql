-- The posts and comments that made one person a buyer, newest first.
with matching_text as (
    select text_id, min(body) as body from text where {says_body} group by text_id
),
wrote as (
    select distinct p.post_id, p.created_at as at, p.title, p.text_id, p.url
    from post p
    where p.author_id = {account}
      and ({has_tag} or {says_title} or p.text_id in (select text_id from matching_text))
),
said as (
    select i.at, i.post_id, i.text_id
    from interaction i
    where i.actor_id = {account} and i.kind not in (2, 7, 8) and i.text_id in (select text_id from matching_text)
),
body as (
    select text_id, min(body) as body from text
    where text_id in (select text_id from wrote) or text_id in (select text_id from said)
    group by text_id
)
select at, title, body, url from (
    select wrote.at, wrote.title, body.body, wrote.url from wrote left join body on body.text_id = wrote.text_id
    union all
    select said.at, cast(null as varchar), body.body, cast(null as varchar)
    from said left join body on body.text_id = said.text_id
)
order by at desc
limit {limit}
