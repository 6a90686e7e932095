-- Everybody who can be looked for: who has published something, and whoever has so many followers.
select account_id from (
    select author_id as account_id from post where author_id is not null
    union
    select account_id from profile_snapshot where followers >= {followers_min}
)
order by account_id
