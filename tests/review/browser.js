/* The review page in a real Chromium.  run_review.py starts it with CH_* in the
   environment; what concerns mail is asked of it over a port on loopback.
   Prints "ok NAME" or "FAIL NAME" a line. */
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");
const axeSource = require.resolve("axe-core/axe.min.js");

const site = JSON.parse(process.env.CH_SITE);
const shots = process.env.CH_SHOTS;
const tests = [];
const test = (name, run) => tests.push({ name, run });

/* --- helpers ------------------------------------------------------------ */

function assert(condition, what) {
  if (!condition) { throw new Error("not so: " + what); }
}

async function desk(what, more) {
  const answer = await fetch(site.desk + "/" + what, { method: "POST", body: JSON.stringify(more || {}) });
  if (!answer.ok) { throw new Error(what + ": " + await answer.text()); }
  return answer.json();
}

function totp(key) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const c of key.replace(/\s/g, "")) { bits += alphabet.indexOf(c).toString(2).padStart(5, "0"); }
  const secret = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = crypto.createHmac("sha1", secret).update(step).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

async function signIn(page, name, base) {
  await page.goto((base || site.optional) + "/sign-in");
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", site.password);
  await page.click("main button[type=submit]");
}

async function open(browser, name, options) {
  const context = await browser.newContext(options || {});
  const page = await context.newPage();
  page.setDefaultTimeout(90000);
  if (name) { await signIn(page, name); }
  return page;
}

const shot = (page, name) => page.screenshot({ path: path.join(shots, name + ".png"), fullPage: true });

/* Only rules, no best practices left out: the default set. */
async function axe(page, where) {
  const source = fs.readFileSync(axeSource, "utf8");
  const found = await page.evaluate(async ([code]) => {
    /* The policy forbids eval for the page; evaluate() is the debugger's. */
    (0, eval)(code);
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(", "));
  }, [source]);
  assert(found.length === 0, where + ": " + found.join("; "));
}

const text = (page) => page.textContent("main");

/* --- the tests ----------------------------------------------------------- */

let rootKey = null;

test("first set-up, second factor, sign-in with it", async (browser) => {
  const page = await open(browser);
  await page.goto(site.link);
  await axe(page, "setup");
  await shot(page, "01-first-set-up");
  await page.fill("input[name=name]", "root");
  await page.fill("input[name=password]", site.password);
  await page.fill("input[name=again]", site.password);
  await page.click("main button[type=submit]");
  rootKey = await page.textContent(".key");
  await axe(page, "enrol");
  await shot(page, "02-second-factor");
  const qr = path.join(shots, "02-qr.png");
  await page.locator("svg.qr").screenshot({ path: qr });
  const scanned = new URL((await desk("scan", { path: qr })).text);
  assert(scanned.protocol === "otpauth:" && scanned.href.includes("Chaperone:root"), "what is scanned: " + scanned);
  assert(scanned.searchParams.get("secret") === rootKey.replace(/\s/g, ""), "the code says what the key says");
  await page.fill("input[name=code]", totp(scanned.searchParams.get("secret")));
  await page.click("main button[type=submit]");
  await page.waitForURL("**/queue");
  await page.goto(site.link);
  assert((await text(page)).includes("This link was used"), "the link works once");
  await page.goto(site.required + "/me");
  await page.click("header form[action='/sign-out'] button");
  await page.waitForURL("**/sign-in");
  const used = totp(rootKey);
  await signIn(page, "root", site.required);
  await page.waitForURL("**/code");
  await axe(page, "code");
  await page.fill("input[name=code]", used);
  await page.click("main button[type=submit]");
  if (!page.url().endsWith("/queue")) {
    assert((await text(page)).includes("used before"), "a code is good once");
    while (totp(rootKey) === used) { await new Promise((r) => setTimeout(r, 500)); }
    await page.fill("input[name=code]", totp(rootKey));
    await page.click("main button[type=submit]");
  }
  await page.waitForURL("**/queue");
  await desk("users");
});

test("take, read, release: the gateway gets it once", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a lady today who was sure it was a spider bite. Shingles, of course!" });
  const page = await open(browser, "dana");
  await page.waitForURL("**/queue");
  await shot(page, "03-queue");
  await page.click(`a[href='/item/${id}']`);
  assert(await page.locator("mark").count() > 0, "a finding is marked in place");
  assert((await text(page)).includes("spider bite"), "the text is there");
  await page.click("[data-key=t]");
  await page.waitForURL("**/item/" + id);
  assert((await text(page)).includes("taken by dana"), "taken");
  await shot(page, "04-card");
  await page.fill("#release-note", "It names nobody.");
  await page.click("[data-key=e]");
  await page.waitForURL("**/queue?done=*");
  const state = await desk("released", { id });
  assert(state.count === 1, "the sink has it once, not " + state.count);
  await page.goto(site.optional + "/item/" + id);
  assert((await text(page)).includes("It was decided: Released, dana"), "the end is shown");
});

test("refuse with a ready-made note: the author is told", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a man today who thought he had the flu. It was not." });
  const page = await open(browser, "dana");
  await page.goto(site.optional + "/item/" + id);
  await page.selectOption("select[name=canned]", "names-patient");
  assert((await page.inputValue("#refuse-note")).includes("who a patient is"), "the note is filled in");
  await page.click("button.danger");
  await page.waitForURL("**/queue?done=*");
  const mail = await desk("notice", { id, words: "The post tells who a patient is" });
  assert(mail.recipients.includes("anna@practice.example"), "to the author");
  assert(!mail.data.includes("flu"), "no content");
});

test("refuse with the rule's advice: open it, refuse it", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a man today who thought he had the mumps. It was not." });
  const page = await open(browser, "dana");
  await page.goto(site.optional + "/queue");
  await page.click(`a[href='/item/${id}']`);
  const advice = await page.textContent(".finding p");
  await page.click("button.danger");
  await page.waitForURL("**/queue?done=refuse");
  assert((await text(page)).includes("Refused: the author gets your note by mail."), "what became of it");
  await desk("notice", { id, words: advice.slice(0, 30) });
});

test("two reviewers at once: one wins, the other is told", async (browser) => {
  for (let round = 0; round < 3; round++) {
    const { id } = await desk("hold", { text: "We treated a lady today who was sure it was a spider bite. Shingles! " + round });
    const pages = [await open(browser, "dana"), await open(browser, "eli")];
    for (const page of pages) { await page.goto(site.optional + "/item/" + id); }
    await Promise.all(pages.map((page) => Promise.all([
      page.waitForNavigation(), page.click("[data-key=e]")])));
    const done = pages.map((page) => page.url().includes("?done="));
    assert(done[0] !== done[1], "one of two: " + done);
    const loser = pages[done[0] ? 1 : 0];
    assert((await text(loser)).includes("a decision is made once"), "the other is told");
    if (round === 0) { await shot(loser, "05-second-of-two"); await axe(loser, "409"); }
    const state = await desk("released", { id });
    assert(state.count === 1, "sent once");
    for (const page of pages) { await page.context().close(); }
  }
});

test("keys: down, open, take", async (browser) => {
  await desk("hold", { text: "We treated a boy today who ate soap. He is fine." });
  const page = await open(browser, "eli");
  await page.waitForURL("**/queue");
  await page.keyboard.press("j");
  assert(await page.locator(".entry.chosen").count() === 1, "one is chosen");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/item/*");
  await page.keyboard.press("t");
  await page.getByText("taken by eli").first().waitFor();
  await page.keyboard.press("q");
  await page.waitForURL("**/queue");
});

/* What page.waitForFunction is for; the page's Content-Security-Policy forbids
 * the second look of that. */
async function until(check) {
  for (let tries = 0; !await check(); tries++) {
    assert(tries < 100, "it comes within ten seconds");
    await new Promise((r) => setTimeout(r, 100));
  }
}

test("counts change without a reload", async (browser) => {
  const page = await open(browser, "dana");
  const before = Number(await page.textContent("[data-count=waiting]"));
  await desk("hold", { text: "We treated a girl today who swallowed a coin. She is fine." });
  await new Promise((r) => setTimeout(r, 2500));
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await until(async () => Number(await page.textContent("[data-count=waiting]")) > before);
});

test("Spanish", async (browser) => {
  await desk("hold", { text: "We treated a lady today who ate a candle. She is fine." });
  const page = await open(browser, "eli");
  await page.click("header button[lang=es]");
  await page.waitForURL("**/queue");
  assert(await page.getAttribute("html", "lang") === "es", "lang");
  assert((await page.textContent("h1")) === "Cola", "heading");
  const link = page.locator(".entry a").first();
  await link.click();
  const words = await text(page);
  for (const word of ["Lo que se encontró", "Su decisión", "Rechazarla definitivamente", "Historial"]) {
    assert(words.includes(word), word);
  }
  await axe(page, "card in Spanish");
  await shot(page, "06-spanish");
  await page.click("header button[lang=en]");
});

test("bulk refusal", async (browser) => {
  const one = await desk("hold", { text: "We treated a lady today who fell off a ladder. Twice." });
  const two = await desk("hold", { text: "We treated a man today who fell off a roof. Twice." });
  const page = await open(browser, "sam");
  await page.goto(site.optional + "/queue");
  for (const { id } of [one, two]) { await page.check(`input[value='${id}']`); }
  await page.click("form[action='/refuse'] summary");
  await page.selectOption("select[name=canned]", "names-patient");
  await page.click("button.danger");
  await page.waitForURL("**/queue?done=*");
  for (const { id } of [one, two]) {
    assert((await desk("state", { id })).state === "refused", id);
  }
});

test("without scripts", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a lady today who lost a tooth in a pie." });
  const page = await open(browser, "dana", { javaScriptEnabled: false });
  await page.goto(site.optional + "/queue");
  await page.click(`a[href='/item/${id}']`);
  await page.selectOption("select[name=canned]", "tone");
  await page.click("button.danger");
  await page.waitForURL("**/queue?done=*");
  assert((await desk("state", { id })).state === "refused", "refused");
  await shot(page, "07-no-script");
});

const everyPage = ["/queue", "/passed", "/done", "/numbers", "/people", "/me", "/nope"];

async function eachPage(page, run) {
  const { id } = await desk("hold", { text: "We treated a lady today who was sure it was a spider bite. Shingles, of course! 2", extra: true });
  for (const where of everyPage.concat(["/item/" + id, "/item/" + id + "/raw"])) {
    await page.goto(site.optional + where);
    await run(where.replace(id, "ID"));
  }
}

test("axe on every page, light", async (browser) => {
  const page = await open(browser);
  await page.goto(site.optional + "/sign-in");
  await axe(page, "sign-in");
  await signIn(page, "root");
  await eachPage(page, (where) => axe(page, where));
});

test("axe on every page, dark", async (browser) => {
  const page = await open(browser, "root", { colorScheme: "dark" });
  await eachPage(page, async (where) => {
    await axe(page, where + " dark");
    if (where === "/item/ID") { await shot(page, "08-dark-card"); }
    if (where === "/queue") { await shot(page, "09-dark-queue"); }
  });
});

test("360 pixels wide", async (browser) => {
  const page = await open(browser, "root", { viewport: { width: 360, height: 740 } });
  await eachPage(page, async (where) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 360, where + " is " + width + " wide");
    const tall = await page.evaluate(() => document.querySelector("header").getBoundingClientRect().height);
    assert(tall < 150, where + " has a header " + tall + " high");
    await axe(page, where + " narrow");
    await shot(page, "10-360-" + where.replace(/\W+/g, "-"));
  });
});

test("print", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a lady today who was sure. Shingles! Print." });
  const page = await open(browser, "dana");
  await page.goto(site.optional + "/item/" + id);
  await page.emulateMedia({ media: "print" });
  assert(!(await page.isVisible("header")), "no navigation on paper");
  assert(!(await page.isVisible("button.danger")), "no forms on paper");
  assert(await page.isVisible(".post"), "the post is");
  await shot(page, "11-print");
});

test("numbers", async (browser) => {
  const page = await open(browser, "ada");
  await page.goto(site.optional + "/numbers");
  assert(await page.locator("svg rect").count() === 12, "twelve bars");
  assert(await page.locator("table").count() >= 4, "tables");
  await shot(page, "12-numbers");
});

test("an auditor: looks, exports, proves; a forged row shows", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a man today who audits. Twice." });
  const dana = await open(browser, "dana");
  await dana.goto(site.optional + "/item/" + id);
  await dana.selectOption("select[name=canned]", "tone");
  await dana.click("button.danger");
  await dana.waitForURL("**/queue?done=*");
  const page = await open(browser, "ada");
  await page.goto(site.optional + "/item/" + id);
  assert(!(await text(page)).includes("who audits"), "masked");
  for (const word of ["held", "viewed", "refused", "dana"]) { assert((await text(page)).includes(word), word); }
  await shot(page, "16-auditor-card");
  const audit = await desk("audit");
  assert(audit.code === 0 && / 0 faults/.test(audit.said), audit.said);
  for (const event of ["held", "viewed", "refused", "user-added"]) { assert(audit.events.includes(event), event + " of " + audit.events); }
  assert(audit.forged.code === 65 && audit.forged.said.includes("row " + audit.forged.seq + ": changed"), audit.forged.said);
  await page.goto("file://" + audit.path);
  const words = await page.textContent("body");
  assert(words.includes(id) && words.includes("dana"), "who decided about what");
  assert(!words.includes("who audits") && !words.includes("Shingles"), "no words of posts");
  await axe(page, "the binder");
  await shot(page, "17-binder");
});

test("hostile mail: nothing runs, nothing leaves", async (browser) => {
  const { ids, payloads } = await desk("hostile");
  assert(payloads >= 200, payloads + " payloads");
  const page = await open(browser, "root");
  const trouble = [];
  page.on("dialog", async (dialog) => { trouble.push("dialog"); await dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith(site.optional)) { trouble.push("request to " + request.url().slice(0, 80)); }
  });
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) { trouble.push("the policy had to act: " + message.text().slice(0, 120)); }
  });
  await page.goto(site.optional + "/queue");
  for (const id of ids) {
    for (const where of ["/item/" + id, "/item/" + id + "/raw"]) {
      await page.goto(site.optional + where);
      const found = await page.evaluate(() => ({
        ran: window.__ran === undefined ? 0 : window.__ran,
        foreign: document.querySelectorAll("main script, iframe, img, object, embed, style, base, main link, main meta, main svg, main math").length,
        title: document.title,
      }));
      if (found.ran) { trouble.push(where + ": script ran"); }
      if (found.foreign) { trouble.push(where + ": foreign elements"); }
      if (!/^(Post|Source of the post) · Chaperone$/.test(found.title)) { trouble.push(where + ": title"); }
    }
  }
  await page.goto(site.optional + "/item/" + ids[0]);
  await shot(page, "13-hostile");
  const { hits } = await desk("beacon");
  assert(trouble.length === 0, trouble.slice(0, 5).join("; "));
  assert(hits === 0, hits + " requests reached the listener");
  console.log("      " + payloads + " payloads in " + ids.length + " mails: none ran, none left");
});

test("pictures: a photo, and what is none", async (browser) => {
  const { id } = await desk("pictures");
  const page = await open(browser, "dana");
  const trouble = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) { trouble.push(message.text()); }
  });
  await page.goto(site.optional + "/item/" + id);
  const all = page.locator("img.thumbnail");
  for (let n = 0; n < await all.count(); n++) { await all.nth(n).scrollIntoViewIfNeeded(); }
  const loaded = () => page.evaluate(() => Array.from(document.images).every((i) => i.complete));
  while (!await loaded()) { await new Promise((r) => setTimeout(r, 100)); }
  const seen = await page.evaluate(() => Array.from(document.images).map((i) => ({
    width: i.naturalWidth, height: i.naturalHeight, alt: i.alt })));
  assert(seen[0].width === 320 && seen[0].height === 480, "the photo: " + JSON.stringify(seen[0]));
  assert(seen.filter((s) => s.width > 0).length === 2, "two can be shown: " + JSON.stringify(seen));
  assert(seen.every((s) => /^Picture \d/.test(s.alt)), "each has words in its place");
  assert(await page.evaluate(() => window.__ran) === undefined && trouble.length === 0, trouble.join("; "));
  await axe(page, "card with pictures");
  await shot(page, "15-pictures");
});

test("expiry: the card says so, nothing was published", async (browser) => {
  const { id } = await desk("expire", { text: "We treated a lady today who waited for ever." });
  const page = await open(browser, "dana");
  await page.goto(site.optional + "/item/" + id);
  const words = await text(page);
  assert(words.includes("Expired") && words.includes("destroyed"), "expired");
  await shot(page, "14-expired");
});

test("escalate: open it, escalate it", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a man today who thought he had the gout. It was not." });
  const page = await open(browser, "eli");
  await page.goto(site.optional + "/queue");
  await page.click(`a[href='/item/${id}']`);
  await page.click("[data-key=u]");
  await page.waitForURL("**/queue?done=escalate");
  const entry = page.locator(".entry", { has: page.locator(`a[href='/item/${id}']`) });
  const badges = await entry.locator(".badge").allTextContents();
  assert(badges.includes("escalated") && !badges.includes("kept as evidence"), badges.join(", "));
});

test("a taken post shows who has it", async (browser) => {
  const { id } = await desk("hold", { text: "We treated a man today who thought he had the croup. It was not." });
  const dana = await open(browser, "dana"), eli = await open(browser, "eli");
  await dana.goto(site.optional + "/item/" + id);
  await dana.click("[data-key=t]");
  await dana.waitForURL("**/item/" + id);
  await eli.goto(site.optional + "/queue");
  const entry = eli.locator(".entry", { has: eli.locator(`a[href='/item/${id}']`) });
  assert((await entry.textContent()).includes("taken by dana"), await entry.textContent());
});

/* --- the run -------------------------------------------------------------- */

const LIMIT = 300000; /* ms of one test; the slowest takes a tenth when the machine is its own */

/* What Playwright does with a browser that answers no more has no end: a test has. */
function limited(work) {
  let timer;
  const end = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`still runs after ${LIMIT / 1000} s`)), LIMIT);
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
}

/* Each test has a browser and a profile of its own, which is killed after it. */
async function inBrowser(run) {
  const server = await chromium.launchServer({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    await limited((async () => run(await chromium.connect(server.wsEndpoint())))());
  } finally {
    await limited(server.kill());
  }
}

async function main() {
  let failed = 0;
  const wanted = process.argv.slice(2);
  for (const { name, run } of tests) {
    if (wanted.length > 0 && !name.startsWith("first") && !wanted.some((w) => name.includes(w))) { continue; }
    const begin = Date.now();
    try {
      await inBrowser(run);
      console.log(`ok    review browser: ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed++;
      console.log(`FAIL  review browser: ${name}\n${String(error.stack).slice(0, 1500)}`);
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

main();
