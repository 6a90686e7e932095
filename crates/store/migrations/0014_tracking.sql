-- Links that are followed: where each leads, where it led before, and what was counted of the clicks in the click log; and what the
-- timelines of contacts have been told of their clicks and figures.

-- How a contact's account answers, as their timeline was last told.
create table score_told (
    account_id integer primary key references contact_account (account_id) on delete cascade,
    level text not null,
    told_at integer not null
);

-- Days whose clicks stand in a timeline.
create table clicks_told (
    link_id integer not null,
    day integer not null,
    primary key (link_id, day)
) without rowid;

create table tracked_link (
    id integer primary key autoincrement,
    slug text not null unique,
    -- A keyed hash of it, which stays when the slug goes with whom it names, so that it is never given to another.
    slug_hash text not null unique,
    -- What the team calls it.
    name text not null,
    -- Where it leads now, with everything that is added to the address.
    target text not null,
    contact_id integer references contact (id) on delete set null,
    deal_id integer references deal (id) on delete set null,
    deliverable_id integer references deliverable (id) on delete set null,
    campaign_id integer references campaign (id) on delete set null,
    -- The target stands as it was given, without what names the sender.
    is_bare integer not null,
    created_at integer not null,
    expires_at integer,
    -- Ended by hand; its slug is never given to another.
    ended_at integer
);
create index tracked_link_by_deal on tracked_link (deal_id);
create index tracked_link_by_contact on tracked_link (contact_id);
create index tracked_link_by_campaign on tracked_link (campaign_id);

create table tracked_link_target (
    link_id integer not null references tracked_link (id) on delete cascade,
    version integer not null,
    target text not null,
    actor text not null,
    at integer not null,
    primary key (link_id, version)
) without rowid;

-- Grows with every change of a link, so that a running redirector sees it.
create table tracked_link_revision (
    one integer primary key check (one = 1),
    revision integer not null
);
insert into tracked_link_revision (one, revision) values (1, 0);

-- Exact counts by UTC day and verdict, made of the click log up to a position in it.
create table click_day (
    link_id integer not null,
    day integer not null,
    verdict integer not null,
    clicks integer not null,
    first_at integer not null,
    last_at integer not null,
    primary key (link_id, day, verdict)
) without rowid;

-- By minute, for a week.
create table click_minute (
    link_id integer not null,
    minute integer not null,
    people integer not null,
    others integer not null,
    primary key (link_id, minute)
) without rowid;

create table click_reason (
    link_id integer not null,
    reason integer not null,
    clicks integer not null,
    primary key (link_id, reason)
) without rowid;

create table click_referrer (
    link_id integer not null,
    host text not null,
    clicks integer not null,
    primary key (link_id, host)
) without rowid;

-- Visitors of a link on a day; the numbers cannot be turned back, and go when the day's key has gone.
create table click_visitor (
    link_id integer not null,
    day integer not null,
    visitor integer not null,
    primary key (link_id, day, visitor)
) without rowid;

create table click_unique (
    link_id integer not null,
    day integer not null,
    uniques integer not null,
    primary key (link_id, day)
) without rowid;

create table click_counted (
    one integer primary key check (one = 1),
    segment integer not null,
    offset integer not null,
    clicks integer not null,
    damaged integer not null
);
insert into click_counted (one, segment, offset, clicks, damaged) values (1, 0, 0, 0, 0);
