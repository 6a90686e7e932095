-- Outreach: contacts and every touch with them, mailboxes and the mail kept, templates, sequences and what was sent,
-- whom one must not write to, and who did what.

create table contact (
    id integer primary key autoincrement,
    name text not null,
    -- How a mail begins: "Hi Ana".
    greeting text not null default '',
    -- A code of the relationship's stages.
    stage text not null,
    stage_since integer not null,
    owner text not null default '',
    language text not null default '',
    -- A zone of the time zone database; empty where it is not known.
    zone text not null default '',
    -- Where they came from, in words.
    source text not null default '',
    import_id integer references contact_import (id),
    -- When a mail told them where their address came from.
    informed_at integer,
    last_touch_at integer,
    last_touch text not null default '',
    created_at integer not null,
    -- The contact that this one became part of; it is shown nowhere.
    merged_into integer references contact (id)
);
-- Holds all that a column of the board is chosen and counted by.
create index contact_by_stage on contact (stage, stage_since, merged_into, owner);
create index contact_by_touch on contact (last_touch_at);
create index contact_by_import on contact (import_id);

create table contact_import (
    id integer primary key autoincrement,
    label text not null,
    rows_in integer not null,
    rows_new integer not null,
    rows_known integer not null,
    rows_refused integer not null,
    -- JSON: what stood where before, so that it can be taken back.
    before text not null,
    imported_at integer not null,
    undone_at integer
);

create table contact_address (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    -- email, dm, form
    channel text not null,
    -- Sealed with keys/outreach.key.
    address blob not null,
    -- A keyed hash of the folded address: what it is found by.
    address_hash text not null,
    -- Why it may be written to: published for business, own customer, gave it to us.
    basis text not null,
    source text not null,
    is_main integer not null,
    added_at integer not null
);
create unique index contact_address_by_hash on contact_address (channel, address_hash);
create index contact_address_by_contact on contact_address (contact_id);

create table contact_account (
    account_id integer primary key,
    contact_id integer not null references contact (id) on delete cascade
);
create index contact_account_by_contact on contact_account (contact_id);

create table contact_tag (
    contact_id integer not null references contact (id) on delete cascade,
    tag text not null,
    primary key (contact_id, tag)
);
create index contact_tag_by_tag on contact_tag (tag);

create table contact_field (
    id integer primary key autoincrement,
    name text not null,
    -- text, number, day, choice
    kind text not null,
    choices text not null default '',
    position integer not null
);
create unique index contact_field_by_name on contact_field (lower(name));

create table contact_value (
    contact_id integer not null references contact (id) on delete cascade,
    field_id integer not null references contact_field (id) on delete cascade,
    value text not null,
    primary key (contact_id, field_id)
);

-- The timeline: one row a touch.
create table touch (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    at integer not null,
    kind text not null,
    actor text not null,
    summary text not null,
    detail text not null default '',
    mail_id integer,
    -- 1: the creator may read it on their own page.
    is_shareable integer not null default 0
);
create index touch_by_contact on touch (contact_id, at);
create index touch_by_mail on touch (mail_id);

create table task (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    title text not null,
    due_on text not null,
    owner text not null default '',
    created_at integer not null,
    done_at integer
);
create index task_by_contact on task (contact_id);
create index task_by_due on task (due_on) where done_at is null;

-- What can be taken back: merges and bulk changes, with everything as it was.
create table contact_change (
    id integer primary key autoincrement,
    kind text not null,
    summary text not null,
    before text not null,
    changed_at integer not null,
    undone_at integer
);

create table suppression (
    address_hash text primary key,
    -- unsubscribed, hard_bounce, complaint, manual, erased
    reason text not null,
    at integer not null,
    evidence text not null
);

create table mailbox (
    id integer primary key autoincrement,
    address text not null,
    from_name text not null,
    -- JSON: servers, users, caps, windows; no secret.
    settings text not null,
    -- Sealed with keys/outreach.key.
    smtp_secret blob,
    imap_secret blob,
    -- active, paused, halted
    state text not null,
    state_reason text not null default '',
    state_since integer not null,
    created_at integer not null
);
create unique index mailbox_by_address on mailbox (lower(address));

create table mail_folder (
    mailbox_id integer not null references mailbox (id) on delete cascade,
    name text not null,
    -- inbox, sent, junk
    role text not null,
    uid_validity integer not null,
    -- The highest UID that is held.
    uid_last integer not null,
    modseq integer,
    -- What the server said it holds at the last check, and what was held here then.
    server_count integer not null,
    held_count integer not null,
    checked_at integer not null,
    -- Why the last check failed; empty when it did not.
    problem text not null default '',
    primary key (mailbox_id, name)
);

-- Which mail lies where on the server.
create table raw_mail (
    mailbox_id integer not null references mailbox (id) on delete cascade,
    folder text not null,
    uid_validity integer not null,
    uid integer not null,
    sha256 text not null,
    mail_id integer not null,
    internal_date integer,
    is_seen integer not null,
    expunged_at integer,
    primary key (mailbox_id, folder, uid_validity, uid)
);
create index raw_mail_by_mail on raw_mail (mail_id);

-- Every mail whole, as its bytes came or left.
create table raw_content (
    sha256 text primary key,
    content blob not null
);

create table thread (
    id integer primary key autoincrement,
    contact_id integer references contact (id) on delete set null,
    subject text not null,
    -- open, done
    state text not null,
    owner text not null default '',
    opened_at integer not null,
    last_at integer not null,
    -- out, in
    last_way text not null,
    unread integer not null
);
create index thread_by_last on thread (state, last_at);
create index thread_by_contact on thread (contact_id);

create table mail (
    id integer primary key autoincrement,
    -- out, in
    way text not null,
    message_id text not null,
    sha256 text not null,
    mailbox_id integer,
    thread_id integer references thread (id),
    contact_id integer references contact (id) on delete set null,
    -- A keyed hash of whom it is from or to.
    counterpart text not null,
    from_shown text not null,
    to_shown text not null,
    subject text not null,
    subject_norm text not null,
    text text not null,
    at integer not null,
    token text,
    -- 1: one copy went to many.
    is_bulk integer not null,
    class text not null,
    class_version integer not null,
    -- JSON: what the class was read from.
    class_detail text not null default '',
    files integer not null default 0,
    is_read integer not null,
    -- 1: a person said that a thread begins here.
    is_cut integer not null default 0
);
create index mail_by_message_id on mail (message_id, way, counterpart);
create index mail_by_thread on mail (thread_id, at);
create index mail_by_contact on mail (contact_id, at);
create index mail_by_counterpart on mail (counterpart, at);
create index mail_by_token on mail (token);
create index mail_by_class on mail (class_version, id) where way = 'in';
create index mail_by_mailbox on mail (mailbox_id, at) where way = 'out';

-- Which mails are tied to which ids: their own, those they refer to, and tokens (as `token:…`).
create table mail_reference (
    reference text not null,
    mail_id integer not null references mail (id) on delete cascade,
    -- 1: the mail's own id.
    is_own integer not null,
    primary key (reference, mail_id)
);
create index mail_reference_by_mail on mail_reference (mail_id);

-- Mails that a person put into one thread.
create table mail_join (
    mail_id integer not null references mail (id) on delete cascade,
    other_mail_id integer not null references mail (id) on delete cascade,
    primary key (mail_id, other_mail_id)
);

create table template (
    id integer primary key autoincrement,
    name text not null,
    created_at integer not null,
    archived_at integer
);
create unique index template_by_name on template (lower(name));

create table template_version (
    template_id integer not null references template (id) on delete cascade,
    version integer not null,
    subject text not null,
    body text not null,
    created_at integer not null,
    primary key (template_id, version)
);

create table sequence (
    id integer primary key autoincrement,
    name text not null,
    -- JSON: send, wait, task.
    steps text not null,
    created_at integer not null,
    archived_at integer
);
create unique index sequence_by_name on sequence (lower(name));

create table enrolment (
    id integer primary key autoincrement,
    sequence_id integer not null references sequence (id),
    contact_id integer not null references contact (id) on delete cascade,
    mailbox_id integer not null references mailbox (id),
    campaign_id integer references campaign (id) on delete set null,
    -- JSON: what its templates are filled with beside what is known of the contact.
    given text not null,
    state text not null,
    stopped_because text not null default '',
    -- The step that comes next, from 0.
    next_step integer not null,
    due_at integer not null,
    created_at integer not null,
    released_at integer
);
create index enrolment_by_contact on enrolment (contact_id);
create index enrolment_by_due on enrolment (state, due_at);
create unique index enrolment_once on enrolment (sequence_id, contact_id) where state in ('draft', 'active', 'paused');

create table outgoing (
    id integer primary key autoincrement,
    mailbox_id integer not null references mailbox (id),
    contact_id integer not null references contact (id) on delete cascade,
    address_id integer references contact_address (id) on delete set null,
    enrolment_id integer references enrolment (id) on delete cascade,
    step integer,
    -- The mail it answers.
    answers integer references mail (id) on delete set null,
    -- 1: nobody of ours had written to them.
    is_first integer not null,
    template_id integer,
    template_version integer,
    subject text not null,
    body text not null,
    -- As the template was filled, where a person changed it.
    filled text,
    state text not null,
    reason text not null default '',
    not_before integer not null,
    tries integer not null default 0,
    created_at integer not null,
    begun_at integer,
    message_id text,
    token text,
    -- What the server said.
    reply_code integer,
    reply text not null default '',
    ended_at integer,
    mail_id integer
);
create unique index outgoing_once on outgoing (enrolment_id, step) where enrolment_id is not null;
create index outgoing_by_state on outgoing (state, not_before);
create index outgoing_by_contact on outgoing (contact_id, begun_at);
create index outgoing_by_mailbox on outgoing (mailbox_id, begun_at);
create unique index outgoing_by_token on outgoing (token);
create index outgoing_by_message_id on outgoing (message_id);

-- Ids under which a mail may have left before it was sent again: what answers or objects to them still finds it.
create table outgoing_before (
    outgoing_id integer not null references outgoing (id) on delete cascade,
    token text,
    message_id text
);
create index outgoing_before_by_token on outgoing_before (token);
create index outgoing_before_by_message_id on outgoing_before (message_id);

create table bounce (
    id integer primary key autoincrement,
    outgoing_id integer references outgoing (id) on delete cascade,
    -- The report; null where the server refused at once.
    mail_id integer references mail (id) on delete cascade,
    contact_id integer references contact (id) on delete cascade,
    address_hash text not null,
    class text not null,
    status text not null,
    diagnostic text not null,
    class_version integer not null,
    at integer not null
);
create index bounce_by_contact on bounce (contact_id);
create unique index bounce_by_mail on bounce (mail_id, address_hash) where mail_id is not null;

-- Grows only.
create table audit (
    id integer primary key autoincrement,
    at integer not null,
    actor text not null,
    what text not null,
    about text not null,
    detail text not null
);
create trigger audit_stays before update on audit begin select raise(abort, 'the audit is never changed'); end;

create trigger suppression_stays before delete on suppression when old.reason <> 'manual'
begin select raise(abort, 'a suppression is never deleted'); end;
