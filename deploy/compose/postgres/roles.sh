#!/bin/sh
# Runs once, when PostgreSQL makes its data folder: a role for Temporal, which makes its own two databases, and a
# role with a database for Baton. Neither can read the other's data.
set -eu

psql --set ON_ERROR_STOP=1 --username postgres \
    --set temporal_password="$(cat /run/secrets/temporal_password)" \
    --set baton_password="$(cat /run/secrets/baton_password)" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
CREATE ROLE baton LOGIN PASSWORD :'baton_password';
CREATE DATABASE baton OWNER baton;
REVOKE CONNECT ON DATABASE baton FROM PUBLIC;
SQL
