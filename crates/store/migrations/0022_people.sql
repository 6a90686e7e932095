-- People who use this program: who they are and what they may, sign-ins, failures, and what they changed.

create table person_here (
    id integer primary key autoincrement,
    -- Folded: lower case, without spaces around it.
    email text not null unique,
    name text not null,
    role text not null,
    -- PHC string; null before somebody has chosen a password.
    password_hash text,
    -- Sealed; null without a second step.
    totp_secret blob,
    -- The last step of time that was used, so that a code is good once.
    totp_step integer not null default 0,
    -- Hashes of codes that stand in for the second step once each, as JSON.
    recovery_hashes text not null default '[]',
    -- active or barred
    state text not null default 'active',
    created_at integer not null,
    signed_in_at integer
);

create table invitation (
    hash text primary key,
    person_id integer not null references person_here (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
);

create table signed_in (
    hash text primary key,
    person_id integer not null references person_here (id) on delete cascade,
    created_at integer not null,
    seen_at integer not null,
    expires_at integer not null,
    -- What it was signed in with, as the browser says.
    agent text not null
);
create index signed_in_of on signed_in (person_id, seen_at);

create table sign_in_failure (
    -- A keyed hash of the address that was tried, known or not.
    key text primary key,
    failures integer not null,
    last_at integer not null,
    barred_until integer not null
);

-- What was done, by whom. Rows are never changed, and go only with their time.
create table act (
    id integer primary key autoincrement,
    at integer not null,
    person_id integer,
    -- As they were called then; 'nobody signed in' and 'command line' are actors too.
    actor text not null,
    -- The address's pattern, or the command.
    what text not null,
    -- The address itself, without its question.
    subject text not null,
    -- done, refused or failed
    outcome text not null
);
create index act_of on act (person_id, id);
create trigger act_stays before update on act begin select raise(abort, 'what was done is never changed'); end;

-- Rows as they were before and after, written by the database itself.
create table act_change (
    id integer primary key autoincrement,
    at integer not null,
    -- Who acts on this connection: 'person id|name', and the act it belongs to.
    actor text not null,
    table_name text not null,
    row_key text not null,
    -- insert, update or delete
    operation text not null,
    -- JSON; null where there was, or is, no row.
    before text,
    after text
);
create index act_change_of on act_change (table_name, row_key, id);
create trigger act_change_stays before update on act_change begin select raise(abort, 'what was done is never changed'); end;
