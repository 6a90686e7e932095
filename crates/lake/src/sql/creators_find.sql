-- Accounts by a part of their name, most followed first; $pattern is lower case with % at both ends.
with named as (
    select account_id, max(followers) as followers
    from profile_snapshot
    where lower(display_name) like $pattern or lower(handle) like $pattern
    group by account_id
),
called as (
    select distinct account_id from account where lower(native_id) like $pattern
)
select coalesce(named.account_id, called.account_id) as account_id
from named full join called on named.account_id = called.account_id
order by named.followers desc nulls last, account_id
limit {limit}
