-- One row an account with its newest profile; {filter} is empty or asks for the ids of a table.
with known as (
    select account_id, min(platform) as platform, min(native_id) as native_id
    from account {filter}
    group by account_id
),
newest as (
    select account_id,
        last_value(display_name order by observed_at, fetched_at) filter (where display_name is not null) as display_name,
        last_value(handle order by observed_at, fetched_at) filter (where handle is not null) as handle,
        last_value(bio order by observed_at, fetched_at) filter (where bio is not null) as bio,
        last_value(followers order by observed_at, fetched_at) filter (where followers is not null) as followers,
        last_value(following order by observed_at, fetched_at) filter (where following is not null) as following,
        last_value(country order by observed_at, fetched_at) filter (where country is not null) as country,
        last_value(language order by observed_at, fetched_at) filter (where language is not null) as language,
        last_value(external_url order by observed_at, fetched_at) filter (where external_url is not null) as external_url,
        max(observed_at) as observed_at
    from profile_snapshot {filter}
    group by account_id
)
select k.account_id, k.platform, k.native_id, n.display_name, n.handle, n.bio, n.followers, n.following,
    n.country, n.language, n.external_url, n.observed_at
from known k left join newest n on n.account_id = k.account_id
order by k.account_id
