#!/usr/bin/env bash
# The first page of a question, the next page, and all pages as CSV, each in a file of its own.
set -euo pipefail

profiles="$GATEWAY/api/indexes/$INDEX/profiles"
csv="$GATEWAY/exports/indexes/$INDEX/profiles.csv"
filter='filter[first_name]=Daniel'

# ask FILE URL [DATA…]. The key goes through a pipe: what stands in arguments, every user of the machine can read.
# --retry waits as long as Retry-After says, and not at all where that is longer than --retry-max-time.
ask() {
  local file=$1 url=$2 data=()
  for parameter in "${@:3}"; do data+=(--data-urlencode "$parameter"); done
  curl --silent --show-error --fail-with-body --retry 4 --retry-max-time 60 --output "$file" \
    --header @<(printf 'Authorization: Bearer %s\n' "$GATEWAY_KEY") --get "${data[@]}" "$url" ||
    { cat "$file" >&2; exit 1; }
}

ask page-1.json "$profiles" "$filter" limit=10

# Absent, empty or null on the last page.
next_token=$(sed -n 's/.*"next_token" *: *"\([^"]*\)".*/\1/p' page-1.json)
if [[ -n $next_token ]]; then
  ask page-2.json "$profiles" "$filter" limit=10 "next_token=$next_token"
fi

ask profiles.csv "$csv" "$filter"
