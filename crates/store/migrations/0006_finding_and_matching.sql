-- Finding and matching: searches that are kept, how far one has got with a creator, niches set by hand, prices, the
-- brand's own people and the accounts they were matched to, what a brand stands for, what is on a shortlist beside a
-- name, and which accounts are one person.

-- Grows whenever something below that searches filter by changes, so that what was read of it is read again.
create table typed_change (
    id integer primary key check (id = 1),
    number integer not null
);
insert into typed_change (id, number) values (1, 0);

create table saved_search (
    id integer primary key autoincrement,
    name text not null,
    -- The question of the address, without the page.
    address text not null,
    brand_id text,
    -- 1: whoever newly meets it is told.
    alert integer not null,
    created_at integer not null,
    checked_at integer not null,
    -- How many met it then.
    matches integer not null
);
create unique index saved_search_by_name on saved_search (lower(name));

create table saved_search_match (
    search_id integer not null references saved_search (id) on delete cascade,
    account_id integer not null,
    met_at integer not null,
    -- 1: nobody has looked since.
    is_new integer not null,
    primary key (search_id, account_id)
);
create index saved_search_match_by_account on saved_search_match (account_id);

create table creator_stage (
    account_id integer primary key,
    stage text not null,
    changed_at integer not null
);

create table niche_correction (
    account_id integer not null,
    -- A code of the IAB content taxonomy.
    code text not null,
    -- 1: this is their niche; 0: it is not.
    is_niche integer not null,
    corrected_at integer not null,
    primary key (account_id, code)
);

create table price_fact (
    id integer primary key autoincrement,
    account_id integer not null,
    platform text not null,
    followers integer,
    format text not null,
    fee_minor_units integer not null,
    currency text not null,
    -- rate_card, quote, deal
    kind text not null,
    dated_at integer not null,
    note text not null,
    recorded_at integer not null
);
create index price_fact_by_account on price_fact (account_id);

-- A file of the brand's own people. What it held is kept until `expires_at`.
create table own_file (
    id integer primary key autoincrement,
    -- followers, engagers, customers, newsletter, orders
    kind text not null,
    label text not null,
    brand_id text,
    sha256 text not null unique,
    rows_in integer not null,
    rows_refused integer not null,
    added_at integer not null,
    expires_at integer not null
);

create table own_person (
    id integer primary key autoincrement,
    file_id integer not null references own_file (id) on delete cascade,
    row_number integer not null,
    platform text,
    native_id text,
    handle text,
    -- A keyed hash of the hash of the address; the address itself is not kept.
    email_hmac text,
    name text,
    link text,
    first_at integer,
    last_at integer,
    -- Orders, likes or comments, by the kind of file.
    times integer
);
create index own_person_by_file on own_person (file_id);

create table own_match (
    person_id integer not null references own_person (id) on delete cascade,
    account_id integer not null,
    chance real not null,
    -- JSON: what speaks for it.
    evidence text not null,
    -- sure, suggested, confirmed, refused
    state text not null,
    decided_at integer,
    primary key (person_id, account_id)
);
create index own_match_by_account on own_match (account_id);

create table brand_profile (
    brand_id text primary key,
    -- JSON: product, for whom, price, values, rivals, niches.
    profile text not null,
    changed_at integer not null
);

create table fit_weights (
    id integer primary key autoincrement,
    brand_id text not null,
    name text not null,
    weights text not null,
    saved_at integer not null
);
create index fit_weights_by_brand on fit_weights (brand_id);

alter table shortlist add column owner text not null default '';
alter table shortlist_member add column note text not null default '';
alter table shortlist_member add column owner text not null default '';

create table shortlist_column (
    id integer primary key autoincrement,
    shortlist_id integer not null references shortlist (id) on delete cascade,
    name text not null,
    position integer not null
);
create unique index shortlist_column_by_name on shortlist_column (shortlist_id, lower(name));

create table shortlist_value (
    column_id integer not null references shortlist_column (id) on delete cascade,
    account_id integer not null,
    value text not null,
    primary key (column_id, account_id)
);
create index shortlist_value_by_account on shortlist_value (account_id);

-- A client looks at a list by a link.
create table shortlist_link (
    id integer primary key autoincrement,
    shortlist_id integer not null references shortlist (id) on delete cascade,
    -- SHA-256 of the link's secret; the secret itself is shown once and not kept.
    secret_hash text not null unique,
    note text not null,
    shows_prices integer not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    opened integer not null default 0,
    last_opened_at integer
);
create index shortlist_link_by_list on shortlist_link (shortlist_id);

create table shortlist_vote (
    shortlist_id integer not null references shortlist (id) on delete cascade,
    account_id integer not null,
    voter text not null,
    -- 1, 0, -1
    vote integer not null,
    comment text not null,
    voted_at integer not null,
    primary key (shortlist_id, account_id, voter)
);
create index shortlist_vote_by_account on shortlist_vote (account_id);

create table identity_claim (
    -- The lower of the two.
    account_id integer not null,
    other_account_id integer not null,
    -- confirmed, refused
    state text not null,
    -- JSON: what spoke for it.
    evidence text not null,
    decided_at integer not null,
    primary key (account_id, other_account_id)
);
create index identity_claim_by_other on identity_claim (other_account_id);

create trigger shortlist_insert after insert on shortlist begin update typed_change set number = number + 1; end;
create trigger shortlist_update after update on shortlist begin update typed_change set number = number + 1; end;
create trigger shortlist_delete after delete on shortlist begin update typed_change set number = number + 1; end;
create trigger shortlist_member_insert after insert on shortlist_member begin update typed_change set number = number + 1; end;
create trigger shortlist_member_update after update on shortlist_member begin update typed_change set number = number + 1; end;
create trigger shortlist_member_delete after delete on shortlist_member begin update typed_change set number = number + 1; end;
create trigger creator_stage_insert after insert on creator_stage begin update typed_change set number = number + 1; end;
create trigger creator_stage_update after update on creator_stage begin update typed_change set number = number + 1; end;
create trigger creator_stage_delete after delete on creator_stage begin update typed_change set number = number + 1; end;
create trigger niche_correction_insert after insert on niche_correction begin update typed_change set number = number + 1; end;
create trigger niche_correction_update after update on niche_correction begin update typed_change set number = number + 1; end;
create trigger niche_correction_delete after delete on niche_correction begin update typed_change set number = number + 1; end;
create trigger price_fact_insert after insert on price_fact begin update typed_change set number = number + 1; end;
create trigger price_fact_update after update on price_fact begin update typed_change set number = number + 1; end;
create trigger price_fact_delete after delete on price_fact begin update typed_change set number = number + 1; end;
create trigger own_file_insert after insert on own_file begin update typed_change set number = number + 1; end;
create trigger own_file_update after update on own_file begin update typed_change set number = number + 1; end;
create trigger own_file_delete after delete on own_file begin update typed_change set number = number + 1; end;
create trigger own_match_insert after insert on own_match begin update typed_change set number = number + 1; end;
create trigger own_match_update after update on own_match begin update typed_change set number = number + 1; end;
create trigger own_match_delete after delete on own_match begin update typed_change set number = number + 1; end;
create trigger identity_claim_insert after insert on identity_claim begin update typed_change set number = number + 1; end;
create trigger identity_claim_update after update on identity_claim begin update typed_change set number = number + 1; end;
create trigger identity_claim_delete after delete on identity_claim begin update typed_change set number = number + 1; end;
create trigger brand_profile_insert after insert on brand_profile begin update typed_change set number = number + 1; end;
create trigger brand_profile_update after update on brand_profile begin update typed_change set number = number + 1; end;
create trigger brand_profile_delete after delete on brand_profile begin update typed_change set number = number + 1; end;
