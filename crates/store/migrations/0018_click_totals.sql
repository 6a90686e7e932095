-- Counts by day begin with the day, and minutes with the minute: what is counted now lies close together, whatever the number of links,
-- and what goes after its time goes from one place.
create table next_click_day (
    day integer not null,
    link_id integer not null,
    verdict integer not null,
    clicks integer not null,
    first_at integer not null,
    last_at integer not null,
    primary key (day, link_id, verdict)
) without rowid;
insert into next_click_day (day, link_id, verdict, clicks, first_at, last_at)
select day, link_id, verdict, clicks, first_at, last_at from click_day order by day, link_id, verdict;
drop table click_day;
alter table next_click_day rename to click_day;

create table next_click_minute (
    minute integer not null,
    link_id integer not null,
    people integer not null,
    others integer not null,
    -- Of the people, how many other programs were told of.
    told integer not null default 0,
    primary key (minute, link_id)
) without rowid;
insert into next_click_minute (minute, link_id, people, others, told)
select minute, link_id, people, others, told from click_minute order by minute, link_id;
drop table click_minute;
alter table next_click_minute rename to click_minute;
create index click_minute_not_told on click_minute (minute) where told < people;

create table next_click_visitor (
    day integer not null,
    link_id integer not null,
    visitor integer not null,
    primary key (day, link_id, visitor)
) without rowid;
insert into next_click_visitor (day, link_id, visitor)
select day, link_id, visitor from click_visitor order by day, link_id, visitor;
drop table click_visitor;
alter table next_click_visitor rename to click_visitor;

create table next_click_unique (
    day integer not null,
    link_id integer not null,
    uniques integer not null,
    primary key (day, link_id)
) without rowid;
insert into next_click_unique (day, link_id, uniques)
select day, link_id, uniques from click_unique order by day, link_id;
drop table click_unique;
alter table next_click_unique rename to click_unique;

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
update click_total set uniques = of_link.uniques
from (select link_id, sum(uniques) as uniques from click_unique group by link_id) as of_link
where of_link.link_id = click_total.link_id and verdict = 0;
update click_day_total set uniques =
    coalesce((select sum(uniques) from click_unique where click_unique.day = click_day_total.day), 0) where verdict = 0;
