#!/bin/sh
# Whether Redis takes $PASSWORD from a user; who may say so is $REDISCLI_AUTH:
#   password.sh allow SOCKET USER
#   password.sh forbid SOCKET USER
# Neither appears among the arguments of a command, where all users of a machine
# see them: Redis gets the SHA-256, as it keeps passwords itself.
set -eu
socket=$2 user=$3
hash=$(printf '%s' "$PASSWORD" | sha256sum | cut -d ' ' -f 1)
redis() {
  redis-cli -e -s "$socket" "$@"
}

case $1 in
  allow)
    redis ACL SETUSER "$user" "#$hash"
    ;;
  forbid)
    # Redis refuses to take away what is not there.
    if redis ACL GETUSER "$user" | grep -qxF "$hash"; then
      redis ACL SETUSER "$user" "!$hash"
    fi
    # Whoever came in by it goes out.
    redis CLIENT KILL USER "$user"
    ;;
  *) exit 2 ;;
esac
