#!/bin/sh
# Makes the namespace of Baton's cases, with its retention and search attributes, or brings an existing one up to
# date. It can be run again at any time. Workers do not start before this has been done.
#
# Needs the command temporal, the variables of namespace.env, and TEMPORAL_ADDRESS (with TEMPORAL_API_KEY or
# TEMPORAL_TLS_… where the server asks for them). Not for Temporal Cloud, where namespaces are made differently.
set -eu

: "${TEMPORAL_ADDRESS:?must be host:port of the frontend}"
: "${TEMPORAL_NAMESPACE:?must be set; take it from namespace.env}"
: "${NAMESPACE_RETENTION:?must be set; take it from namespace.env}"

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$NAMESPACE_RETENTION"
else
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$NAMESPACE_RETENTION"
fi

# The hosts of a cluster learn of a new namespace some seconds later.
seconds=60
until said=$(temporal operator search-attribute list 2>&1); do
    seconds=$((seconds - 1))
    [ "$seconds" -gt 0 ] || { echo "$said" >&2; exit 1; }
    sleep 1
done

# One that is there with the right type is left alone; with another type it is an error.
while read -r name type; do
    temporal operator search-attribute create --name "$name" --type "$type"
done <"$(dirname "$0")/search-attributes.txt"
