-- Texts that only these accounts wrote, or that nobody's remaining posts and interactions still use.
-- {accounts} is a list of numeric ids made by the program, never text from outside.
with theirs as (
    select text_id from interaction_kept where text_id is not null and actor_id in ({accounts})
    union select text_id from post_kept where text_id is not null and author_id in ({accounts})
),
others as (
    select text_id from interaction_kept where text_id is not null and actor_id not in ({accounts})
    union select text_id from post_kept where text_id is not null and (author_id is null or author_id not in ({accounts}))
)
select text_id from theirs where text_id not in (select text_id from others)
