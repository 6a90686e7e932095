-- The posts of the wanted people, each once.
select post_id, min(author_id) as author_id, min(created_at) as created_at, min(title) as title, min(text_id) as text_id,
    min(url) as url
from post where author_id in (select id from {wanted})
group by post_id
order by created_at, post_id
