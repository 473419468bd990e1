#!/usr/bin/env python3
"""What rules must match, as labelled posts on standard output.

examples.py PACK.yaml...: the examples of each of its rules.  To be learned, and
to be caught: the classifier must not spare what a rule was written for.
"""
import json
import sys

import yaml


def posts(rule):
    examples = rule.get("examples", {})
    for number, text in enumerate(examples.get("match", []), 1):
        yield {"id": f"{rule['id']} {number}",
               "subject": "Re: your review" if examples.get("reply") else "", "text": text,
               "kind": "violation", "rule": rule["id"], "severity": "tag"}


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for one in yaml.safe_load(file).get("rules") or []:
            for post in posts(one):
                print(json.dumps(post, ensure_ascii=False))
