"""Walks all pages of a question and writes the profiles to profiles.csv.

Takes nothing but Python 3.8 or newer.
"""

import csv
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = "{GATEWAY}/api/indexes/{INDEX}/profiles".format_map(os.environ)
HEADERS = {"Authorization": "Bearer " + os.environ["GATEWAY_KEY"]}
FILTER = {"filter[first_name]": "Daniel"}
# In seconds. Whoever is told to come back later than that, tomorrow say, had better fail.
LONGEST_PAUSE = 60


def page_of(query):
    request = urllib.request.Request(URL + "?" + urllib.parse.urlencode(query), headers=HEADERS)
    attempt = 1
    while True:
        try:
            # A page may have to wait for the budget first.
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            # Comes with 429 and 503, and with whatever else is worth asking again.
            pause = float(refusal.headers.get("Retry-After", "inf"))
            if pause > LONGEST_PAUSE or attempt == 5:
                request_id = refusal.headers.get("X-Request-Id")
                sys.exit(f"{refusal.code} {refusal.read().decode()} X-Request-Id: {request_id}")
        time.sleep(pause)
        attempt += 1


rows = []
query = {**FILTER, "limit": 10}
while True:
    page = page_of(query)
    rows += [{"id": profile["id"], **profile["attributes"]} for profile in page["data"]]
    # Absent, empty or null on the last page.
    if not page.get("next_token"):
        break
    query["next_token"] = page["next_token"]

# Profiles need not all have the same attributes.
columns = list(dict.fromkeys(name for row in rows for name in row))
with open("profiles.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)
print(f"{len(rows)} profiles in profiles.csv")
