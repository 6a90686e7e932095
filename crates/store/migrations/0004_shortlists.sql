-- Shortlists: people picked out to be looked at, compared and written to.
create table shortlist (
    id integer primary key autoincrement,
    name text not null,
    created_at integer not null
);
create unique index shortlist_by_name on shortlist (lower(name));

create table shortlist_member (
    shortlist_id integer not null references shortlist (id) on delete cascade,
    account_id integer not null,
    added_at integer not null,
    -- Where they were picked: map, ranking, profile, list, command.
    picked_on text not null,
    primary key (shortlist_id, account_id)
);
create index shortlist_member_by_account on shortlist_member (account_id);
