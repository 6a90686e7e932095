-- Conversation groups keep their number and name from one refresh to the next. Who is in a group is derived and may
-- be deleted; that a group was met, what it is called and what became of it is not.
create table known_group (
    id integer primary key autoincrement,
    -- Made from what was said in it; null while too little was said.
    name text,
    began_at integer not null,
    -- When its members were last seen as a group; a group that is gone keeps its row, so that old addresses explain
    -- themselves.
    ended_at integer
);

-- The members most turned to, by whom a group is recognised when what was derived has been deleted.
create table known_group_core (
    group_id integer not null references known_group (id) on delete cascade,
    account_id integer not null,
    primary key (group_id, account_id)
);
create index known_group_core_by_account on known_group_core (account_id);

create table group_event (
    id integer primary key autoincrement,
    at integer not null,
    -- began, split_off, merged_into, ended, renamed
    kind text not null,
    group_id integer not null references known_group (id) on delete cascade,
    -- The group it came from or went into.
    other_group_id integer,
    -- The share of the earlier group's members, where that says something.
    share real,
    words text
);
create index group_event_by_group on group_event (group_id);
