-- Briefs, deals with every version of their terms, what is to be made and its drafts, what is owed, and the links by which
-- creators reach their own page.

create table brief (
    id integer primary key autoincrement,
    name text not null,
    campaign_id integer references campaign (id) on delete set null,
    created_at integer not null,
    archived_at integer
);
create unique index brief_by_name on brief (lower(name));

create table brief_version (
    brief_id integer not null references brief (id) on delete cascade,
    version integer not null,
    -- JSON.
    body text not null,
    created_at integer not null,
    primary key (brief_id, version)
);

create table deal (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    campaign_id integer references campaign (id) on delete set null,
    brief_id integer not null references brief (id),
    brief_version integer not null,
    state text not null,
    state_since integer not null,
    -- The version of the terms that counts: the last one, and the accepted one once there is one.
    version integer not null,
    -- Why it was declined or withdrawn.
    reason text not null default '',
    created_at integer not null,
    accepted_at integer,
    -- Who accepted, as they wrote their name.
    accepted_by text not null default ''
);
create index deal_by_contact on deal (contact_id);
create index deal_by_state on deal (state, state_since);
create index deal_by_campaign on deal (campaign_id);

create table deal_version (
    deal_id integer not null references deal (id) on delete cascade,
    version integer not null,
    -- us, creator
    party text not null,
    -- JSON.
    terms text not null,
    message text not null,
    created_at integer not null,
    primary key (deal_id, version)
);

create table deliverable (
    id integer primary key autoincrement,
    deal_id integer not null references deal (id) on delete cascade,
    number integer not null,
    format text not null,
    platform text not null,
    draft_due_on text not null,
    due_on text not null,
    state text not null,
    state_since integer not null,
    url text not null default '',
    approved_at integer,
    live_at integer
);
create index deliverable_by_deal on deliverable (deal_id, number);
create index deliverable_by_due on deliverable (state, due_on);

create table draft (
    id integer primary key autoincrement,
    deliverable_id integer not null references deliverable (id) on delete cascade,
    version integer not null,
    caption text not null,
    -- Of the file below content/, by its hash; empty where there is none.
    sha256 text not null,
    file_name text not null,
    file_kind text not null,
    file_bytes integer not null,
    created_at integer not null
);
create unique index draft_by_deliverable on draft (deliverable_id, version);
create index draft_by_file on draft (sha256);

create table draft_comment (
    id integer primary key autoincrement,
    draft_id integer not null references draft (id) on delete cascade,
    party text not null,
    actor text not null,
    -- Seconds into a film or a sound; null where it is about the whole.
    at_second integer,
    text text not null,
    created_at integer not null
);
create index draft_comment_by_draft on draft_comment (draft_id, id);

-- Outlives the deal without saying whose it was: books are kept longer than people are known.
create table payment (
    id integer primary key autoincrement,
    deal_id integer references deal (id) on delete set null,
    what text not null,
    amount_minor_units integer not null,
    currency text not null,
    due_on text not null,
    state text not null,
    state_since integer not null,
    reference text not null default '',
    created_at integer not null
);
create index payment_by_deal on payment (deal_id);
create index payment_by_due on payment (state, due_on);

create table creator_link (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    -- Of 32 bytes that were shown once.
    secret_hash text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    opened integer not null default 0,
    last_opened_at integer
);
create unique index creator_link_by_secret on creator_link (secret_hash);
create index creator_link_by_contact on creator_link (contact_id);
