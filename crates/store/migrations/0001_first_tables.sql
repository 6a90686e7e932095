-- The first tables: sources and their imports, people who asked to be forgotten, brands, and the rankings kept.

create table setting (
    name text primary key,
    value text not null
);

-- One row. Grows by one whenever facts change, so that anything derived knows what it was made from.
create table data_revision (
    id integer primary key check (id = 1),
    revision integer not null
);
insert into data_revision (id, revision) values (1, 0);

create table source (
    code text primary key,
    kind text not null,
    max_age_days integer,
    may_derive integer not null,
    may_mix integer not null,
    legal_basis text not null,
    purpose text not null,
    attribution text
);

create table import (
    id integer primary key autoincrement,
    source_code text not null references source (code),
    label text not null,
    file_sha256 text not null,
    -- running, done, undoing, undone or failed
    state text not null,
    started_at integer not null,
    finished_at integer,
    rows_in integer not null default 0,
    inserted integer not null default 0,
    already_known integer not null default 0,
    refused integer not null default 0,
    tombstoned integer not null default 0,
    remarks text not null default '[]'
);
create index import_by_file on import (source_code, file_sha256);

create table import_issue (
    import_id integer not null references import (id),
    ordinal integer not null,
    file text not null,
    row_number integer,
    column_name text,
    problem text not null,
    hint text not null,
    refused integer not null,
    primary key (import_id, ordinal)
);

create table erasure (
    platform text not null,
    native_id_hmac text not null,
    reason text not null,
    at integer not null,
    primary key (platform, native_id_hmac)
);

create table column_mapping (
    name text primary key,
    mapping text not null,
    changed_at integer not null
);

create table brand (
    id text primary key,
    name text not null unique,
    buyers text not null,
    created_at integer not null,
    changed_at integer not null
);

create table ranking (
    id integer primary key autoincrement,
    brand_id text not null references brand (id) on delete cascade,
    data_revision integer not null,
    -- What made it: the buyer definition and every setting, as JSON, and its hash.
    settings text not null,
    settings_hash text not null,
    made_at integer not null,
    summary text not null,
    unique (brand_id, data_revision, settings_hash)
);

create table ranked_creator (
    ranking_id integer not null references ranking (id) on delete cascade,
    position integer not null,
    account_id integer not null,
    platform text not null,
    name text not null,
    handle text not null,
    tier text,
    followers integer,
    fit real not null,
    fit_lo real not null,
    fit_hi real not null,
    level text not null,
    reply_rate real,
    engagement real,
    buyers_talking integer not null,
    detail text not null,
    primary key (ranking_id, position)
);
create index ranked_creator_by_account on ranked_creator (ranking_id, account_id);
