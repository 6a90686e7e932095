-- Everybody who followed or turned to the wanted accounts, each once.
select distinct target_id, actor_id
from interaction
where target_id in (select id from {wanted}) and actor_id <> target_id
order by target_id, actor_id
