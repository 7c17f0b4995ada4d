#!/bin/sh
# Migrates a database. With --fail duplicates two customers have the same address,
# and the migration stops half-way; with --fail both, its way back stops, too.
. "$(dirname -- "$0")/../shared/stage.sh"
. "$here/../shared/postgres.sh"
fails_by duplicates both

postgres server
export PGHOST="$place/server"
createdb shop
sql server shop "
  create table customers (id int primary key, email text not null);
  insert into customers values (1, 'ada@example.com'), (2, 'Grace@example.com'), (3, 'linus@example.com')"
if [ -n "$fail" ]; then
  sql server shop "insert into customers values (4, 'grace@example.com')"
fi
if [ "$fail" = both ]; then
  sql server shop "
    create function keep_columns() returns event_trigger language plpgsql as \$\$
      begin
        if exists (select from pg_event_trigger_dropped_objects() where object_type = 'table column') then
          raise 'columns are kept here: ask the data team';
        end if;
      end \$\$;
    create event trigger keep_columns on sql_drop execute function keep_columns()"
fi

picture() {
  sql server shop "select 'customers has ' || attname from pg_attribute
    where attrelid = 'customers'::regclass and attnum > 0 and not attisdropped order by attnum"
  sql server shop "select 'index ' || relname || case when indisvalid then '' else ', which does not work' end
    from pg_index join pg_class on oid = indexrelid where indrelid = 'customers'::regclass order by 1"
  sql server shop "select 'customer ' || to_json(customers)::text from customers order by id"
  sql server shop "select 'applications can ' || case current_setting('default_transaction_read_only')
    when 'on' then 'read' else 'write' end"
  sql server postgres "select 'database ' || datname from pg_database order by 1"
}

carry_out migrate.runbook --set "backup=$place/shop.dump" "$@"
