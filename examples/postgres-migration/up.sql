-- Customers are found by their address, however they write it. An index is built
-- without locking the table, which no transaction can hold: so this can stop
-- half-way, and leaves an index that does not work.
alter table customers add column address text;
update customers set address = lower(email);
create unique index concurrently customers_by_address on customers (address);
