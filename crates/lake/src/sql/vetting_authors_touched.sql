-- Authors whose record newly brought facts change: of new posts, of posts that were counted or commented on anew, those
-- newly looked at, and both sides of new talk.
select author_id as id from post_added where author_id is not null
union
select p.author_id as id from post p join interaction_added i on i.post_id = p.post_id where p.author_id is not null
union
select p.author_id as id from post p join post_metric_added m on m.post_id = p.post_id where p.author_id is not null
union
select account_id as id from profile_snapshot_added
union
select actor_id as id from interaction_added
union
select target_id as id from interaction_added where target_id is not null
