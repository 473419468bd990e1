#!/usr/bin/env python3
"""Posts as mail programs send them: with a greeting, a name, the hours, a
signature or a notice of confidentiality around them.

around.py FILE.jsonl: each of its posts once with each of these, on standard
output.  What was wrong stays wrong.
"""
import json
import sys

NOTICE = ("This message may contain confidential or protected health information. If you are not "
          "the intended recipient, please delete it.")
AROUND = {
    "greeting": ("Hi all,\n\n", "\n\nThanks,\nAnna"),
    "name": ("", "\n\nAnna Field\nElm Street Family Practice"),
    "lines": ("", "\nAnna Field\nFront Desk, Elm Street Family Practice\n614-555-0100"),
    "hours": ("", "\n\nWe are open Monday to Friday, 8 to 5. Follow us for more tips! #health"),
    "same paragraph": ("Happy Monday! ", " We are open Monday to Friday, 8 to 5."),
    "signature": ("", "\n\n-- \nAnna Field, front desk\nElm Street Family Practice\n"
                      "614-555-0100\nwww.practice.example"),
    "phone": ("", "\n\nSent from my iPhone"),
    "notice": ("", f"\n\n{NOTICE}"),
}

with open(sys.argv[1], encoding="utf-8") as lines:
    for post in map(json.loads, lines):
        for name, (before, behind) in AROUND.items():
            print(json.dumps({**post, "id": f"{post['id']} with {name}",
                              "text": before + post["text"] + behind}))
