"""docs/SEEDS.md says what the program does.

Each section has a table of advice and a block of posts.  Every post must get
the verdict, and the rule, class or safe text, that the page shows; every row
must stand there once, name rules that exist, and be shown if it works.  And the
sums of docs/BASE-RATE.md come out.
"""
import json
import re

from clitest import ROOT, expect, main, run

PRACTICE = ROOT / "tests/corpus/practice.yaml"
# How many pieces of advice each article gives.
ROWS = [21, 18, 21, 14, 20]
SHOWN = {"works", "in part"}
NOT_SHOWN = {"later", "built in", "n/a"}
NOT_YET = "not yet: "
# A row of a table: number, advice, state, answer.
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.M)
BLOCK = re.compile(r"^```posts\n(.*?)^```$", re.M | re.S)
RULE = re.compile(r"(?:privacy|professionalism|structure|policy)/[a-z-]+")


def sections():
    """The sections of the articles, each as its text."""
    page = (ROOT / "docs/SEEDS.md").read_text()
    return re.split(r"^## \d\. ", page, flags=re.M)[1:]


def posts(section):
    """(row, verdict, shown by, subject or None, text) in their order."""
    for line in BLOCK.search(section).group(1).splitlines():
        fields = line.split(" | ")
        expect(len(fields) in (4, 5), "fields of", line)
        row, verdict, shown, *subject, text = fields
        yield int(row), verdict, shown, subject[0] if subject else None, text


def judged(listed):
    """What check says of each post, in their order."""
    lines = []
    for number, (_, _, _, subject, text) in enumerate(listed):
        post = {"id": str(number), "text": text}
        if subject is not None:
            post["subject"] = subject
        lines.append(json.dumps(post))
    done = run("check", "-c", PRACTICE, "--format", "json", "--input",
               "jsonl", "-", stdin="\n".join(lines) + "\n")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    expect(len(results) == len(listed), len(results), "verdicts for",
           len(listed), "posts", done.stderr)
    return results


def what_showed(result):
    """The names that a line of the page may give for this result."""
    names = {f["rule"] for f in result["findings"] if f["action"] != "accept"}
    names.add(result["class"])
    if result["suggestion"] is not None:
        names.add("safe text")
    return names


def difference(post, result):
    """What the page says of the post and is not so, or None."""
    row, verdict, shown, _, _ = post
    names = what_showed(result)
    if shown.startswith(NOT_YET):
        if result["verdict"] == verdict and shown[len(NOT_YET):] not in names:
            return None
        return f"row {row}: {shown} is found now, say so: {result['verdict']}"
    wanted = set() if shown == "-" else set(shown.split(" + "))
    if result["verdict"] == verdict and wanted <= names:
        return None
    return (f"row {row}: {verdict}, {shown}, but is {result['verdict']}, "
            f"{sorted(names)}")


def check_posts(number):
    listed = list(posts(sections()[number]))
    wrong = [difference(*pair) for pair in zip(listed, judged(listed))]
    wrong = [line for line in wrong if line is not None]
    expect(not wrong, *wrong)


def case_posts_of_the_first(_):
    """each post of section 1 is judged as the page says"""
    check_posts(0)


def case_posts_of_the_second(_):
    """each post of section 2 is judged as the page says"""
    check_posts(1)


def case_posts_of_the_third(_):
    """each post of section 3 is judged as the page says"""
    check_posts(2)


def case_posts_of_the_fourth(_):
    """each post of section 4 is judged as the page says"""
    check_posts(3)


def case_posts_of_the_fifth(_):
    """each post of section 5 is judged as the page says"""
    check_posts(4)


def case_every_row_once(_):
    """each table has all rows of its article, once and in order"""
    expect(len(sections()) == len(ROWS), len(sections()), "sections")
    for section, count in zip(sections(), ROWS):
        numbers = [int(row) for row, *_ in ROW.findall(section)]
        expect(numbers == list(range(1, count + 1)), numbers)


def case_what_works_is_shown(_):
    """a row has posts if it works at least in part, else none"""
    for section in sections():
        shown = {row for row, _, shown_by, *_ in posts(section)
                 if not shown_by.startswith(NOT_YET)}
        for row, advice, state, _ in ROW.findall(section):
            expect(state in SHOWN | NOT_SHOWN, row, advice, "is", state)
            expect((state in SHOWN) == (int(row) in shown), row, advice,
                   "is", state)


def case_rules_exist(_):
    """each named rule is one; a post shows what its row names"""
    known = {line.split()[0] for line in
             run("rules", "list", "-c", PRACTICE).stdout.splitlines()}
    for section in sections():
        named = set(RULE.findall(section))
        expect(named <= known, "no such rule:", sorted(named - known))
        answers = {int(row): answer
                   for row, _, _, answer in ROW.findall(section)}
        for row, _, shown, *_ in posts(section):
            for rule in RULE.findall(shown):
                pack = f"`{rule.split('/')[0]}/`"
                expect(f"`{rule}`" in answers[row] or pack in answers[row],
                       row, rule, "is not in the answer of its row")


def case_base_rate_is_added_up(_):
    """the table of docs/BASE-RATE.md holds what its formula gives"""
    page = (ROOT / "docs/BASE-RATE.md").read_text()
    header, *lines = re.findall(r"^\| (?:recall|\d+ %) \|.*$", page, re.M)
    false_rates = [float(rate) for rate in re.findall(r"[\d.]+", header)]
    expect(len(false_rates) == 10 and len(lines) == 6, header, len(lines))
    for line in lines:
        recall, *cells = [int(number) for number in re.findall(r"\d+", line)]
        expect(len(cells) == len(false_rates), line)
        for false_rate, cell in zip(false_rates, cells):
            real, false = 3 * recall, 97 * false_rate
            share = 100 * real / (real + false)
            expect(abs(share - cell) <= 0.5, recall, false_rate, share, cell)


main("seeds", globals())
