-- Fit: what a person set aside of what speaks against a creator; weights by name.

create table conflict_aside (
    brand_id text not null,
    account_id integer not null,
    -- rival_ambassador, rival_paid_post, stated_refusal, against_value
    kind text not null,
    -- The sentence that was set aside, as it was shown.
    words text not null,
    set_aside_at integer not null,
    primary key (brand_id, account_id, kind, words)
);
create index conflict_aside_by_account on conflict_aside (account_id);

create unique index fit_weights_by_name on fit_weights (brand_id, lower(name));

create trigger fit_weights_insert after insert on fit_weights begin update typed_change set number = number + 1; end;
create trigger fit_weights_update after update on fit_weights begin update typed_change set number = number + 1; end;
create trigger fit_weights_delete after delete on fit_weights begin update typed_change set number = number + 1; end;
create trigger conflict_aside_insert after insert on conflict_aside begin update typed_change set number = number + 1; end;
create trigger conflict_aside_delete after delete on conflict_aside begin update typed_change set number = number + 1; end;
