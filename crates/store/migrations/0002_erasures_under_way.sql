-- Accounts whose rows are being erased. A row lives from the promise until the last file is gone, so that an erasure
-- that was interrupted is finished when the data directory is opened next.
create table erasure_under_way (
    account_id integer primary key
);
