-- Platforms on which some author spoke under a post of their own. Interactions are gone through once and not gathered.
select distinct a.platform
from (
    select distinct p.author_id
    from post p
    join (select post_id, actor_id from interaction where kind in (0, 1, 4, 6)) i
        on i.post_id = p.post_id and i.actor_id = p.author_id
) who
join account a on a.account_id = who.author_id
