-- Imports are many where a stream is listened to: what is asked of them is answered by an index.

create index import_unfinished on import (state) where state in ('running', 'undoing');
create index import_of_connection on import (connection_id, state, inserted, refused);
create index import_that_refused on import (id) where refused > 0;
