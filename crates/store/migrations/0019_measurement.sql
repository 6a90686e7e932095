-- Measurement: daily series that were brought in, studies whose design is fixed beforehand, what they cost, what was found, and
-- who is told.

create table series (
    id integer primary key autoincrement,
    name text not null,
    -- What is counted, in the plural: sessions, bookings.
    counts_what text not null,
    -- gained: so many a day; standing: a total that stands, of which what came a day is measured
    kind text not null,
    -- 1: own campaigns move it, so that it never stands for "without".
    is_touched integer not null,
    -- The file it came in.
    source text not null,
    actor text not null,
    created_at integer not null,
    changed_at integer not null
);
create unique index series_by_name on series (lower(name));

create table series_day (
    series_id integer not null references series (id) on delete cascade,
    -- Days since 1970.
    day integer not null,
    value real not null,
    primary key (series_id, day)
) without rowid;

create table study (
    id integer primary key autoincrement,
    campaign_id integer references campaign (id) on delete set null,
    name text not null,
    -- What is measured, against what, from when to when, as JSON; never changed.
    design text not null,
    -- Days as 2026-03-01, both measured.
    starts_on text not null,
    ends_on text not null,
    -- Before this moment nothing but what may be looked at every day is shown.
    unlocks_at integer not null,
    created_at integer not null,
    actor text not null,
    -- Given up, and why; it stays in the list.
    withdrawn_at integer,
    withdrawn_why text not null default ''
);
create unique index study_by_name on study (lower(name));
create index study_by_campaign on study (campaign_id);

-- What was found, once for each state of the data; the first one stays the answer that was given first.
create table study_result (
    id integer primary key autoincrement,
    study_id integer not null references study (id) on delete cascade,
    -- JSON; creators by the numbers of their contacts alone.
    found text not null,
    data_hash text not null,
    version integer not null,
    as_of integer not null
);
create unique index study_result_once on study_result (study_id, data_hash, version);

-- What is not in deals: products, shipping, tools, hours, as JSON.
create table study_cost (
    study_id integer primary key references study (id) on delete cascade,
    costs text not null,
    actor text not null,
    at integer not null
);

-- Links by which a report is read without an account.
create table study_link (
    id integer primary key autoincrement,
    study_id integer not null references study (id) on delete cascade,
    secret_hash text not null unique,
    note text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    opened integer not null default 0,
    last_opened_at integer
);
create index study_link_by_study on study_link (study_id);

-- Who gets the report by mail.
create table study_mail (
    id integer primary key autoincrement,
    study_id integer not null references study (id) on delete cascade,
    contact_id integer not null references contact (id) on delete cascade,
    -- weekly: every week until the end, and then the answer; answer: the answer alone
    rhythm text not null,
    next_at integer,
    sent integer not null default 0,
    last_sent_at integer,
    actor text not null,
    created_at integer not null,
    ended_at integer
);
create index study_mail_by_study on study_mail (study_id);
create index study_mail_by_contact on study_mail (contact_id);
create index study_mail_due on study_mail (next_at) where ended_at is null;
