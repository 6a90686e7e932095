-- Other programs that are told of what happens here: who is told of what, and what each is told, until it has taken it.

create table webhook_endpoint (
    id integer primary key autoincrement,
    url text not null unique,
    -- Sealed.
    secret blob not null,
    -- The one before it, sealed, by which messages are signed too until then.
    previous_secret blob,
    previous_until integer,
    created_at integer not null,
    -- What comes waits here while it is paused.
    paused_at integer,
    -- It could not be reached, or could take nothing: nothing is sent to it before, whatever is due.
    rest_until integer,
    -- Rests in a row; each is longer than the one before.
    rests integer not null default 0
);

-- What a program is told of.
create table webhook_listening (
    endpoint_id integer not null references webhook_endpoint (id) on delete cascade,
    event text not null,
    primary key (endpoint_id, event)
) without rowid;

-- What a program is told, one row an event and program; at the same time the log of what became of it.
create table webhook_delivery (
    id integer primary key autoincrement,
    -- The same for every program and at every try.
    event_id text not null,
    endpoint_id integer not null references webhook_endpoint (id) on delete cascade,
    event text not null,
    -- JSON.
    payload text not null,
    -- Whom it names, so that it goes with them.
    contact_id integer references contact (id) on delete cascade,
    -- When it happened.
    at integer not null,
    -- waiting, delivered or parked.
    state text not null,
    -- Of this series of tries: sending it again by hand begins a new one.
    attempts integer not null,
    next_at integer not null,
    -- Held by a sender until then, so that two do not send it at once; a sender knows by it that it is still the holder.
    claimed_until integer,
    -- From when on it is tried for three days, where that is not when it happened: sent again by hand, or its program paused.
    tried_since integer,
    tried_at integer,
    last_status integer,
    problem text not null,
    response_head text not null,
    settled_at integer,
    unique (event_id, endpoint_id)
);
create index webhook_delivery_due on webhook_delivery (endpoint_id, next_at) where state = 'waiting';
create index webhook_delivery_by_endpoint on webhook_delivery (endpoint_id, id);
create index webhook_delivery_by_state on webhook_delivery (endpoint_id, state, settled_at);
create index webhook_delivery_by_contact on webhook_delivery (contact_id);

-- How many people of a minute other programs were told of; who clicked before is no news.
alter table click_minute add column told integer not null default 0;
update click_minute set told = people;
create index click_minute_not_told on click_minute (minute) where told < people;
