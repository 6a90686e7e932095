-- Posts by their ids, and posts whose address holds one of some names; a row for each import that brought a post, the newest
-- first. {ids} is a list of numbers made by the program, or a question for a table of such; {or_at} is empty or asks for names.
select p.post_id, p.platform, p.native_id, p.author_id, p.created_at, p.title, t.body, p.url, array_to_string(p.tags, ' '), p.kind
from post p left join text t on t.text_id = p.text_id
where p.post_id in ({ids}) {or_at}
order by p.post_id, p.fetched_at desc
