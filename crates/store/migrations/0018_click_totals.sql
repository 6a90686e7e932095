-- What was counted of each link altogether, and of all links by day, so that a page of links adds nothing up however many clicks
-- there were. Kept in the same transaction as the counts by day.
create table click_total (
    link_id integer not null,
    verdict integer not null,
    clicks integer not null,
    -- Visitors by day, added up over days; of people alone.
    uniques integer not null,
    first_at integer not null,
    last_at integer not null,
    primary key (link_id, verdict)
) without rowid;

create table click_day_total (
    day integer not null,
    verdict integer not null,
    clicks integer not null,
    uniques integer not null,
    primary key (day, verdict)
) without rowid;

insert into click_total (link_id, verdict, clicks, uniques, first_at, last_at)
select link_id, verdict, sum(clicks), 0, min(first_at), max(last_at) from click_day group by link_id, verdict;
insert into click_day_total (day, verdict, clicks, uniques)
select day, verdict, sum(clicks), 0 from click_day group by day, verdict;

-- A person's verdict is 0.
update click_total set uniques =
    coalesce((select sum(uniques) from click_unique where click_unique.link_id = click_total.link_id), 0) where verdict = 0;
update click_day_total set uniques =
    coalesce((select sum(uniques) from click_unique where click_unique.day = click_day_total.day), 0) where verdict = 0;
