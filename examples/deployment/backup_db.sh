#!/bin/sh
# Copies the database and prints the name of the copy.
. "$(dirname -- "$0")/production.sh"
usage='[--environment NAME]'
environment=''
options environment '' "$@"
enter_production

number=1
while [ -e "backups/$number" ]; do
  number=$((number + 1))
done

begin
rm -rf "backups/$number.part"
mkdir "backups/$number.part"
cp database/customers.csv "backups/$number.part/"
halfway
cp database/level "backups/$number.part/"
mv "backups/$number.part" "backups/$number"
finish
echo "${environment:-production} is saved"
echo "backup id: $number"
