-- Takes back whatever there is of up.sql.
drop index if exists customers_by_address;
alter table customers drop column if exists address;
