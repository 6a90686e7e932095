-- Planning: plans with what was asked and what came of it, and the campaigns they were handed over to.

create table plan (
    id integer primary key autoincrement,
    brand_id text not null,
    -- The campaign it is for, as people call it.
    campaign text not null,
    -- Everything asked but whom it names, as JSON.
    asked text not null,
    -- The plan as it was made, as JSON; null where somebody it names has been forgotten: it is made anew when looked at.
    made text,
    -- What a list shows of it, as JSON.
    summary text not null,
    -- The version of the formulas, and of the facts, it was made with.
    version integer not null,
    data_revision integer not null,
    made_at integer not null
);

create table plan_creator (
    plan_id integer not null references plan (id) on delete cascade,
    account_id integer not null,
    -- pick, must, never, agreed, apart
    role text not null,
    -- Two who must not run together have the same number above 0.
    pair integer not null default 0,
    format text not null default '',
    -- Agreed, or what the pick was planned at.
    fee_minor_units integer,
    primary key (plan_id, account_id, role, pair, format)
);
create index plan_creator_by_account on plan_creator (account_id);

create table campaign (
    id integer primary key autoincrement,
    brand_id text not null,
    name text not null,
    -- The plan it began with; null once that plan is deleted.
    plan_id integer references plan (id) on delete set null,
    starts_on text,
    ends_on text,
    budget_minor_units integer not null,
    currency text not null,
    created_at integer not null
);
create unique index campaign_by_name on campaign (brand_id, lower(name));

create table campaign_creator (
    campaign_id integer not null references campaign (id) on delete cascade,
    account_id integer not null,
    format text not null,
    posts integer not null,
    fee_minor_units integer,
    -- 1: the fee is agreed; 0: it is estimated.
    is_agreed integer not null,
    added_at integer not null,
    primary key (campaign_id, account_id, format)
);
create index campaign_creator_by_account on campaign_creator (account_id);
