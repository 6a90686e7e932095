-- Everybody who followed or turned to the wanted accounts, as often as they did; they are counted once by who reads.
select target_id, actor_id
from interaction
where target_id in (select id from {wanted}) and actor_id <> target_id
