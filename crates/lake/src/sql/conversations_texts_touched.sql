-- Texts that newly brought facts bring or shed new light on: the texts themselves, those newly posted or said, and
-- those said under posts that became known, whose title may tell what they are about.
select text_id from text_added
union
select text_id from post_added where text_id is not null
union
select text_id from interaction_added where text_id is not null
union
select i.text_id from interaction i join post_added p on p.post_id = i.post_id where i.text_id is not null
union
select a.text_id from post a join post_added p on p.post_id = a.parent_post_id where a.text_id is not null
union
select i.text_id from interaction i
join post a on a.post_id = i.post_id
join post_added p on p.post_id = a.parent_post_id
where i.text_id is not null
