#!/bin/sh
# Makes the secrets of compose.yaml: random passwords, a key for encryption, a token for the codec server. What is
# there already stays as it is. To keep them elsewhere: secrets.sh FOLDER
set -eu

folder=${1:-$(dirname "$0")/secrets}
umask 022
mkdir -p "$folder"
# Nobody else may enter the folder. The files themselves are readable, because users of the containers, whose
# numbers this machine does not know, read them there.
chmod 700 "$folder"

password() { # hexadecimal, so that it needs no escaping in a URL
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

make() { # file, content
    if [ -e "$folder/$1" ]; then
        echo "kept: $folder/$1"
    else
        printf '%s' "$2" >"$folder/$1"
        echo "made: $folder/$1"
    fi
}

for name in postgres_password temporal_password baton_password grafana_password gateway_token; do
    make "$name" "$(password)"
done
make encryption_keys "$(date +%Y-%m) $(head -c 32 /dev/urandom | base64)
"
temporal=$(cat "$folder/temporal_password")
make temporal.env "POSTGRES_PWD=$temporal
SQL_PASSWORD=$temporal
"
make baton.env "BATON_DATABASE_URL=postgresql://baton:$(cat "$folder/baton_password")@postgres/baton
"
