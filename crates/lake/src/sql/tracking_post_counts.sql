-- Every reading of the counts of some posts, by post and time; of several rows for one hour of a source the last is the newest.
select post_id, observed_at, source_id, views, likes, comments, shares, saves, reach
from post_metric where post_id in ({ids})
order by post_id, source_id, observed_at, fetched_at
