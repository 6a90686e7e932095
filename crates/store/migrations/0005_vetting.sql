-- What people say about creators and their audiences: samples of an audience looked at by people, what a creator has
-- told of (giveaways, press), what they answered, and reports shared by link.
create table audience_sample (
    id integer primary key autoincrement,
    -- The creator whose audience it is.
    account_id integer not null,
    drawn_at integer not null,
    seed integer not null
);
create index audience_sample_by_account on audience_sample (account_id);

-- People are looked at in the order of their positions, which chance decided; parts take turns.
create table audience_sample_person (
    sample_id integer not null references audience_sample (id) on delete cascade,
    position integer not null,
    account_id integer not null,
    -- newest, middle, oldest, followers, engagers
    part text not null,
    primary key (sample_id, position)
);
create unique index audience_sample_person_by_account on audience_sample_person (sample_id, account_id);

create table audience_sample_part (
    sample_id integer not null references audience_sample (id) on delete cascade,
    part text not null,
    -- How many accounts were held that it was drawn from.
    held integer not null,
    primary key (sample_id, part)
);

create table audience_label (
    sample_id integer not null references audience_sample (id) on delete cascade,
    account_id integer not null,
    -- Who looked; 'together' where two settled on one answer.
    labeller text not null,
    -- person, made_to_be_sold, cannot_tell
    label text not null,
    at integer not null,
    primary key (sample_id, account_id, labeller)
);

create table declared_event (
    id integer primary key autoincrement,
    account_id integer not null,
    -- giveaway, press, mention, platform, other
    kind text not null,
    -- Days since 1970-01-01, both included.
    first_day integer not null,
    last_day integer not null,
    words text not null,
    recorded_at integer not null
);
create index declared_event_by_account on declared_event (account_id);

create table creator_answer (
    id integer primary key autoincrement,
    account_id integer not null,
    words text not null,
    answered_at integer not null,
    recorded_at integer not null
);
create index creator_answer_by_account on creator_answer (account_id);

create table shared_report (
    id integer primary key autoincrement,
    account_id integer not null,
    -- SHA-256 of the link's secret; the secret itself is shown once and not kept.
    secret_hash text not null unique,
    note text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    opened integer not null default 0,
    last_opened_at integer
);
create index shared_report_by_account on shared_report (account_id);
