-- Platforms that are asked by themselves: connections, what is watched, the work that is due, calls made; and records that are gone.

create table connection (
    id integer primary key autoincrement,
    platform text not null,
    name text not null unique,
    server text not null,
    -- How deep and how far back it goes, as JSON.
    settings text not null,
    -- The grant, sealed; null where nobody needs to sign in.
    secret blob,
    -- active, paused or revoked
    state text not null,
    created_at integer not null,
    changed_at integer not null,
    -- When the platform last answered, and what is wrong with it now.
    answered_at integer,
    problem text
);

create table watched (
    id integer primary key autoincrement,
    connection_id integer not null references connection (id) on delete cascade,
    -- account or search
    kind text not null,
    -- As it was given: a handle, words.
    subject text not null,
    -- The platform's own name of the account, once it was met.
    native_id text,
    brand_id text references brand (id) on delete set null,
    -- 0 is worked on first.
    priority integer not null,
    added_at integer not null,
    problem text,
    unique (connection_id, kind, subject)
);

create table sync_job (
    id integer primary key autoincrement,
    connection_id integer not null references connection (id) on delete cascade,
    watched_id integer references watched (id) on delete cascade,
    task text not null,
    subject text not null,
    -- Where the next page begins; null at the beginning of a round.
    cursor text,
    due_at integer not null,
    -- Null: once, and again only when something asks for it.
    every_seconds integer,
    priority integer not null,
    attempts integer not null default 0,
    problem text,
    -- When the round under way began, how many pages it has, and how many rounds were ended.
    round_began_at integer,
    pages integer not null default 0,
    rounds integer not null default 0,
    done_at integer,
    unique (connection_id, task, subject)
);
create index sync_job_due on sync_job (connection_id, due_at);

-- Calls made of each kind in each window of a platform's own counting.
create table call_count (
    connection_id integer not null references connection (id) on delete cascade,
    bucket text not null,
    window_began_at integer not null,
    used integer not null,
    primary key (connection_id, bucket, window_began_at)
) without rowid;

-- Records (posts, likes, follows) whose authors took them back, as keyed hashes of their ids: no file brings them back.
create table gone_record (
    id_hmac blob primary key,
    at integer not null
) without rowid;

-- The same as long as their rows are still being removed; then the row goes too.
create table record_going (
    ordinal integer primary key autoincrement,
    post_id integer,
    interaction_upper integer,
    interaction_lower integer
);

alter table import add column connection_id integer references connection (id) on delete set null;
create index import_by_connection on import (connection_id, id);
