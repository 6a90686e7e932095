-- Interactions, talk between two different people, the directed pairs it joins, and the pairs that run both ways.
-- $source: only this source; null: all.
with talk as (
    select actor_id, target_id
    from interaction
    where target_id is not null and kind not in (7, 8) and ($source is null or source_id = $source)
),
pairs as (
    select distinct actor_id, target_id from talk where actor_id <> target_id
)
select
    (select count(*) from interaction where $source is null or source_id = $source) as all_rows,
    (select count(*) from talk where actor_id <> target_id) as between_people,
    (select count(*) from talk where actor_id = target_id) as to_oneself,
    (select count(*) from pairs) as pairs,
    (select count(*) from pairs a join pairs b on a.actor_id = b.target_id and a.target_id = b.actor_id) as both_ways
