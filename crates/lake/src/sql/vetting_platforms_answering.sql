-- Platforms on which some author spoke under a post of their own.
select distinct a.platform
from (select post_id, min(author_id) as author_id from post where author_id is not null group by post_id) p
join (select distinct post_id, actor_id from interaction where kind in (0, 1, 4, 6)) i
    on i.post_id = p.post_id and i.actor_id = p.author_id
join (select account_id, min(platform) as platform from account group by account_id) a on a.account_id = p.author_id
