#!/bin/sh
# Makes Temporal's two databases and their tables in PostgreSQL, or brings them up to date. It can be run again at
# any time, and must be run before a newer server is started.
#
# Needs temporal-sql-tool of the server's version (it carries the tables with it), the variables of cluster.env, and
# SQL_HOST, SQL_USER, SQL_PASSWORD; SQL_PORT is 5432 unless it is set. The user must be allowed to make databases,
# or they must be there.
set -eu

: "${SQL_HOST:?must be the host of PostgreSQL}"
: "${SQL_USER:?must be the user of PostgreSQL who owns the databases}"
: "${SQL_PASSWORD:?must be the password of that user}"
: "${SQL_PLUGIN:?must be set; take it from cluster.env}"
: "${DBNAME:?must be set; take it from cluster.env}"
: "${VISIBILITY_DBNAME:?must be set; take it from cluster.env}"
export SQL_PORT="${SQL_PORT:-5432}"

tables() { # database, name of its schema
    echo "database $1: making what is missing of $2"
    temporal-sql-tool --database "$1" create-database
    temporal-sql-tool --database "$1" setup-schema --version 0.0
    temporal-sql-tool --database "$1" update-schema --schema-name "$2"
}

tables "$DBNAME" postgresql/v12/temporal
tables "$VISIBILITY_DBNAME" postgresql/v12/visibility
