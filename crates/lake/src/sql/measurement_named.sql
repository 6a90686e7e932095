-- How many of the texts of posts and comments from {from} on and before {until} (microseconds) name whom; each text once.
-- {counts}: one column a name, made by the program; the patterns are parameters.
select count(*){counts} from (
    select text_id, min(body) as body from text where text_id in (
        select text_id from post where text_id is not null
            and created_at >= to_timestamp_micros({from}) and created_at < to_timestamp_micros({until})
        union
        select text_id from interaction where text_id is not null
            and at >= to_timestamp_micros({from}) and at < to_timestamp_micros({until})
    ) group by text_id
)
