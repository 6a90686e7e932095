-- What creators contest and what they were answered, which accounts they have shown to be theirs, who is to be forgotten on a day to
-- come; what was reminded of, and second looks at what was posted.

create table contest (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    -- Which fact, by what finds it again: followers:123, address:4, name.
    fact text not null,
    -- The account it is about; null where it is about the contact.
    account_id integer,
    what text not null,
    -- What was held when it was contested.
    said text not null,
    claim text not null,
    proof text not null,
    -- open, corrected, stands, taken-back
    state text not null,
    opened_at integer not null,
    -- A day as 2026-03-01.
    answer_due_on text not null,
    answer text not null default '',
    decided_by text not null default '',
    decided_at integer,
    -- Of the facts, at the decision: figures of this revision and later know what was corrected.
    revision integer
);
create index contest_by_contact on contest (contact_id, id);
create index contest_by_account on contest (account_id) where account_id is not null;
create index contest_open on contest (answer_due_on) where state = 'open';

create table account_claim (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    account_id integer not null,
    -- To be written into the profile.
    code text not null,
    opened_at integer not null,
    expires_at integer not null,
    proved_at integer,
    -- What showed it: the words of the profile, or the mail.
    evidence text not null default ''
);
create index account_claim_by_contact on account_claim (contact_id);
create unique index account_claim_proved on account_claim (account_id) where proved_at is not null;

create table erasure_request (
    id integer primary key autoincrement,
    contact_id integer not null references contact (id) on delete cascade,
    asked_at integer not null,
    due_at integer not null
);
create index erasure_request_by_contact on erasure_request (contact_id);

create table reminder (
    -- draft, post, payment, look, answer
    kind text not null,
    -- The piece, payment or contest.
    about_id integer not null,
    -- The day it was about, so that a day that is moved is reminded of anew.
    due_on text not null,
    at integer not null,
    -- task, mail
    way text not null,
    primary key (kind, about_id, due_on)
) without rowid;

create table second_look (
    deliverable_id integer not null references deliverable (id) on delete cascade,
    -- After posting: 1, 7, 30.
    after_days integer not null,
    due_on text not null,
    looked_at integer,
    -- Who looked; what was brought in, where nobody had to.
    actor text not null default '',
    is_there integer,
    -- green, amber, red
    light text not null default '',
    -- The caption as it stood.
    caption text not null default '',
    primary key (deliverable_id, after_days)
) without rowid;
create index second_look_due on second_look (due_on) where looked_at is null;
