-- What the named accounts published from {from} to {to} (microseconds); a row for each import that brought a post, the newest
-- first. {authors} is a list of numbers made by the program, or a question for a table of such.
select p.post_id, p.platform, p.native_id, p.author_id, p.created_at, p.title, t.body, p.url, array_to_string(p.tags, ' '), p.kind
from post p left join text t on t.text_id = p.text_id
where p.author_id in ({authors})
    and p.created_at >= to_timestamp_micros({from}) and p.created_at <= to_timestamp_micros({to})
order by p.post_id, p.fetched_at desc
