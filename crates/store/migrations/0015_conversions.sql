-- Orders and leads as shops tell of them: each once for ever, whatever is told again, in whichever order; what speaks for whom; codes.

-- Where orders and leads come from.
create table shop (
    id integer primary key autoincrement,
    -- Random; part of the address that a shop sends to.
    public_id text not null unique,
    name text not null unique,
    -- shopify, woocommerce, stripe, postback, page, file
    kind text not null,
    -- Sealed; what a shop signs with.
    secret blob,
    -- The secret before, which is taken until then.
    earlier_secret blob,
    earlier_until integer,
    -- Of amounts that name none.
    currency text,
    -- Of moments that name none.
    zone text,
    -- Sites whose pages may tell of leads and sales, one a line.
    origins text not null default '',
    created_at integer not null,
    -- Nothing is taken from it any more.
    ended_at integer
);

-- What shops sent, by their own number of the message: the same again changes nothing.
create table shop_delivery (
    shop_id integer not null references shop (id),
    delivery_id text not null,
    received_at integer not null,
    -- SHA-256 of the bytes as they came; the bytes hold addresses of buyers, and are not kept.
    raw_hash text not null,
    topic text not null,
    outcome text not null,
    detail text not null,
    primary key (shop_id, delivery_id)
) without rowid;
create index shop_delivery_by_time on shop_delivery (shop_id, received_at);

create table conversion (
    id integer primary key autoincrement,
    shop_id integer not null references shop (id),
    -- sale, lead
    kind text not null,
    -- The shop's own number of the order; while a file alone has told of it, the name may be all that is known.
    native_id text not null,
    is_by_name integer not null,
    -- What the shop shows people as its number; files often know this one alone.
    native_name text,
    -- The newest of what was said of it; null: nothing but what was given back is known so far.
    at integer,
    is_paid integer not null default 0,
    is_test integer not null default 0,
    amount_minor_units integer,
    currency text,
    cancelled_at integer,
    customer_hash text,
    is_new_customer integer,
    country text,
    -- What is left of the amount: 0 where cancelled, less what was given back.
    net_minor_units integer,
    -- Its buyer was forgotten: whatever is told later, nothing that tells them apart is kept again.
    is_forgotten integer not null default 0,
    -- Two sayings of one moment that differ, or amounts in two currencies.
    is_disputed integer not null default 0,
    received_at integer not null,
    changed_at integer not null,
    unique (shop_id, kind, is_by_name, native_id)
);
create index conversion_by_time on conversion (at);
create index conversion_by_shop on conversion (shop_id, at);
create index conversion_by_customer on conversion (customer_hash) where customer_hash is not null;
create index conversion_by_name on conversion (shop_id, native_name) where native_name is not null;

-- Whom a person decided an order for.
create table conversion_decision (
    conversion_id integer primary key references conversion (id) on delete cascade,
    contact_id integer not null references contact (id) on delete cascade,
    actor text not null,
    at integer not null
);
create index conversion_decision_by_contact on conversion_decision (contact_id);

-- Everything that was ever told of it, each once.
create table conversion_event (
    id integer primary key autoincrement,
    conversion_id integer not null references conversion (id) on delete cascade,
    -- stated, refunded, charged_back, corrected
    kind text not null,
    external_id text not null,
    at integer not null,
    -- Of the whole order where stated; else the change, negative where money went back.
    amount_minor_units integer,
    currency text,
    -- What was stated, as JSON.
    stated text,
    customer_hash text,
    -- Where it came from, in words.
    source text not null,
    received_at integer not null,
    unique (conversion_id, kind, external_id)
);

create index conversion_event_by_customer on conversion_event (customer_hash) where customer_hash is not null;

-- What speaks for whom: clicks, visits that name a deal, codes, an answer when asked.
create table conversion_proof (
    conversion_id integer not null references conversion (id) on delete cascade,
    -- click, visit, code, answer
    kind text not null,
    -- The link's number, the deal's, the code, the answer.
    subject text not null,
    -- In microseconds; 0: at the order.
    at integer not null,
    -- What the click was taken for.
    verdict integer,
    received_at integer not null,
    primary key (conversion_id, kind, subject, at)
) without rowid;

create index conversion_proof_by_subject on conversion_proof (subject);

create table code (
    id integer primary key autoincrement,
    -- Null: in every shop.
    shop_id integer references shop (id),
    -- As buyers type it.
    code text not null,
    -- Upper case without spaces around it.
    code_norm text not null,
    -- A keyed hash of it, which stays when the code goes with whom it names, so that it is never given to another.
    code_hash text not null,
    contact_id integer references contact (id) on delete set null,
    deal_id integer references deal (id) on delete set null,
    campaign_id integer references campaign (id) on delete set null,
    valid_from integer,
    valid_to integer,
    actor text not null,
    created_at integer not null,
    ended_at integer
);
create unique index code_once on code (coalesce(shop_id, 0), code_hash);
create index code_by_norm on code (code_norm);
create index code_by_hash on code (code_hash);
create index code_by_contact on code (contact_id);
create index code_by_deal on code (deal_id);
create index code_by_campaign on code (campaign_id);

-- Reports of whom orders are credited to, with what they were made with.
create table attribution_report (
    id integer primary key autoincrement,
    name text not null,
    -- The window, the period, which orders, as JSON.
    asked text not null,
    -- What was found, as JSON.
    found text not null,
    -- Of the orders and proofs it was made of.
    data_hash text not null,
    as_of integer not null,
    actor text not null
);
