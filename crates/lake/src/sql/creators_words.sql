-- What the wanted accounts published, by author and newest first; a row for each import that brought a post.
select p.author_id, p.post_id, p.created_at, p.title, t.body, array_to_string(p.tags, ' '), p.paid_disclosure
from post p left join text t on t.text_id = p.text_id
where p.author_id in (select id from {wanted})
order by p.author_id, p.created_at desc, p.post_id
