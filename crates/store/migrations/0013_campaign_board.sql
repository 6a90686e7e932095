-- The board of a campaign: its stages as the team calls them, and what people moved by hand; agreed fees as prices; what a
-- creator chose of several products and where it is sent; what the first page counts.

create table campaign_stage (
    -- One of the program's own, or own-1, own-2 …
    code text primary key,
    name text not null,
    position integer not null,
    -- Days after which a card that stands here asks for somebody; null: none.
    limit_days integer,
    -- 1: it is shown no more; who stood there stands on the stage before it.
    is_removed integer not null default 0
);
insert into campaign_stage (code, name, position, limit_days) values
    ('invited', 'Invited', 1000, 7),
    ('applied', 'Applied', 2000, 3),
    ('terms', 'Terms', 3000, 7),
    ('shipped', 'Shipped', 4000, 14),
    ('draft', 'Draft', 5000, 5),
    ('approved', 'Approved', 6000, 10),
    ('live', 'Live', 7000, 30),
    ('paid', 'Paid', 8000, 14),
    ('done', 'Done', 9000, null),
    ('dropped', 'Dropped', 10000, null);

-- Every move by hand; the last one of somebody in a campaign is the one that holds.
create table campaign_move (
    id integer primary key autoincrement,
    campaign_id integer not null references campaign (id) on delete cascade,
    contact_id integer references contact (id) on delete cascade,
    -- Of somebody who is no contact yet.
    account_id integer,
    actor text not null,
    -- Codes of stages.
    stage_before text not null,
    -- Empty: as the facts say.
    stage_after text not null,
    -- Where the facts had led by then.
    stage_of_facts text not null,
    at integer not null
);
create index campaign_move_by_campaign on campaign_move (campaign_id, id);
create index campaign_move_by_contact on campaign_move (contact_id);
create index campaign_move_by_account on campaign_move (account_id);

-- Which prices of the price history were written by which version of a deal.
create table deal_price (
    price_id integer primary key references price_fact (id) on delete cascade,
    deal_id integer not null references deal (id) on delete cascade,
    version integer not null,
    -- The kind of piece it is of, by its place in the terms.
    piece integer not null
);
create unique index deal_price_once on deal_price (deal_id, version, piece);

-- What a creator chose where the terms name several products, and where it is sent.
create table deal_choice (
    deal_id integer primary key references deal (id) on delete cascade,
    -- As the terms call it; empty: the brand chooses.
    product text not null,
    -- us, creator
    party text not null,
    chosen_at integer not null,
    -- Sealed with keys/outreach.key; null where none is held.
    address blob
);
create index deal_choice_with_address on deal_choice (deal_id) where address is not null;

-- What passed between us and somebody, without reading their timeline.
create index touch_between on touch (contact_id, kind, at) where kind in ('mail_out', 'mail_in', 'dm');

-- What the first page counts.
create index thread_that_waits on thread (id) where state = 'open' and last_way = 'in';
create index deliverable_by_draft_due on deliverable (state, draft_due_on);
