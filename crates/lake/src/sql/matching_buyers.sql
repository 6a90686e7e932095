-- People who wrote a matching post or comment, or who turned to one of the brand's own accounts, with how often.
-- {wanted} holds the texts that match. Words travel as parameters; {own_accounts} are numeric ids and {mentions_min} a number made by the program.
with matching_post as (
    select distinct post_id, author_id, created_at as at
    from post
    where author_id is not null
      and ({has_tag} or {says_title} or text_id in (select id from {wanted}))
),
mention as (
    select author_id as account_id, at, 1 as mentions, 0 as talks from matching_post
    union all
    select actor_id, at, 1, 0 from interaction
    where kind not in (2, 7, 8) and text_id in (select id from {wanted})
    union all
    select actor_id, at, 0, 1 from interaction where target_id in ({own_accounts})
),
person as (
    select account_id, sum(mentions) as mentions, sum(talks) as talks, min(at) as first_at, max(at) as last_at
    from mention group by account_id
)
select account_id, mentions, talks, first_at, last_at
from person
where (mentions >= {mentions_min} or talks >= {mentions_min})
  and account_id not in ({own_accounts})
  and account_id in (select account_id from account {on_platforms})
order by account_id
