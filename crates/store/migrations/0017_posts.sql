-- Posts published under deals: what people said of which post is which piece and when it was published, and what was measured by
-- hand or brought in a file. What was imported stays among the facts and is read from there.

create table post_match (
    deliverable_id integer not null references deliverable (id) on delete cascade,
    -- Which post: `post:` and its number among the facts, or `address:` and what an address comes down to.
    post text not null,
    -- 1: it is this piece; 0: it is not.
    is_it integer not null,
    -- 1: a person said that it is another piece as well, and which; nothing where that piece is gone.
    is_shared integer not null,
    shared_with integer references deliverable (id) on delete set null,
    -- Why it was proposed, as it stood when somebody decided: JSON.
    reasons text not null,
    actor text not null,
    decided_at integer not null,
    -- The address that confirming wrote on the piece, and the state the piece had before; empty where it wrote none.
    wrote_url text not null default '',
    state_before text not null default '',
    primary key (deliverable_id, post)
) without rowid;
create unique index post_match_one_post on post_match (deliverable_id) where is_it = 1;
create unique index post_match_one_piece on post_match (post) where is_it = 1 and is_shared = 0;

-- When a piece was published, as a person said.
create table post_published (
    deliverable_id integer primary key references deliverable (id) on delete cascade,
    published_at integer not null,
    actor text not null,
    noted_at integer not null
);

create table post_measurement (
    id integer primary key autoincrement,
    deliverable_id integer not null references deliverable (id) on delete cascade,
    measured_at integer not null,
    -- hand, file
    source text not null,
    -- The name of the file it came in; empty where it was typed.
    origin text not null,
    -- What was not read is null, never 0.
    views integer,
    reach integer,
    impressions integer,
    likes integer,
    comments integer,
    shares integer,
    saves integer,
    replies integer,
    exits integer,
    link_taps integer,
    sticker_taps integer,
    -- A picture that shows it: below content/, by its hash; empty where there is none.
    sha256 text not null default '',
    file_name text not null default '',
    file_kind text not null default '',
    file_bytes integer not null default 0,
    actor text not null,
    noted_at integer not null,
    -- Set right by hand.
    corrected_at integer
);
create unique index post_measurement_once on post_measurement (deliverable_id, source, measured_at);
create index post_measurement_by_file on post_measurement (sha256) where sha256 <> '';
