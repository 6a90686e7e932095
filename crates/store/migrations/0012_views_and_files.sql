-- Files on contacts, filters of a list that are kept under a name, and why rows of a file of contacts were refused.

create table contact_file (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    -- Of the file below content/, by its hash.
    sha256 text not null,
    name text not null,
    bytes integer not null,
    added_by text not null,
    added_at integer not null
);
create index contact_file_by_contact on contact_file (contact_id, id);
create index contact_file_by_file on contact_file (sha256);

create table outreach_view (
    id integer primary key autoincrement,
    name text not null,
    -- The list it is a view of: /outreach/contacts, /outreach/deals.
    path text not null,
    -- The question of its address, without page and messages.
    query text not null,
    created_at integer not null
);
create unique index outreach_view_by_name on outreach_view (path, lower(name));

-- Goes when its import is taken back, and when somebody of it is forgotten: a problem may quote a cell.
create table contact_import_issue (
    id integer primary key autoincrement,
    import_id integer not null references contact_import (id) on delete cascade,
    row integer,
    column_name text not null,
    problem text not null,
    hint text not null
);
create index contact_import_issue_by_import on contact_import_issue (import_id, id);
