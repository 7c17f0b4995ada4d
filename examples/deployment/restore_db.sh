#!/bin/sh
# Puts a backup back in place of the database.
. "$(dirname -- "$0")/production.sh"
usage='--backup ID [--environment NAME]'
backup='' environment=''
options 'backup environment' '' "$@"
a_label "$backup"
enter_production

[ -e "backups/$backup/level" ] || die "there is no backup $backup"

begin
put database/customers.csv cat "backups/$backup/customers.csv"
halfway
put database/level cat "backups/$backup/level"
finish
echo "${environment:-production} is restored from backup $backup"
