-- Every turn that one of the wanted people took or was addressed by, with its words' number and the post it was under.
select i.actor_id, i.target_id, i.at, i.kind, i.text_id, i.post_id
from interaction i
where i.target_id is not null and i.actor_id <> i.target_id and i.kind not in (7, 8)
  and (i.actor_id in (select id from {wanted}) or i.target_id in (select id from {wanted}))
order by i.at, i.id_upper, i.id_lower
