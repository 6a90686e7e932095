-- Texts that only these records said. {posts} is a list of numeric ids, {said} a condition on interactions, both made by the program.
with theirs as (
    select text_id from interaction_kept where text_id is not null and {said}
    union select text_id from post_kept where text_id is not null and post_id in ({posts})
),
others as (
    select text_id from interaction_kept where text_id is not null and not coalesce({said}, false)
    union select text_id from post_kept where text_id is not null and not coalesce(post_id in ({posts}), false)
)
select text_id from theirs where text_id not in (select text_id from others)
