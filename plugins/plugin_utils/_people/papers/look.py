# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""How papers look in a browser: template, style and script, as texts of a module, which is what a release holds.

Without the script everything can be read, folded, printed and narrowed down to a portal or to what is dangerous; the
script adds the search. Colours have a contrast of 4.5 to 1 at least, light and dark.
"""

from __future__ import annotations

STYLE = """\
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --faint: #57606a; --line: #d5dae0; --plate: #f5f7f9;
  --bad: #a8200d; --bad-back: #fdf1ef; --link: #0a55b5; --new: #14652f; --old: #57606a; }
@media screen and (prefers-color-scheme: dark) {
  :root { --back: #14171a; --text: #e6e9ec; --faint: #a6aeb7; --line: #3a4148; --plate: #1e2226;
    --bad: #ff9d90; --bad-back: #331a18; --link: #82b8ff; --new: #7fd39a; --old: #a6aeb7; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 8rem; }
body { margin: 0 auto; max-width: 100rem; padding: 0 1.25rem 4rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.5rem 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-top: .6rem; border-top: 2px solid var(--line); }
h3 { font-size: 1rem; margin: .8rem 0 .3rem; }
summary :is(h2, h3) { display: inline; font-size: 1rem; margin: 0; padding: 0; border: 0; }
p, ul { margin: .5rem 0; }
ul { padding-left: 1.2rem; }
a { color: var(--link); }
code { font: .88em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
small, .faint { color: var(--faint); font-size: .88em; }
.sum { font-size: 1.15rem; }
.bad h2, .bad h3, .bad strong, td strong { color: var(--bad); }
div.bad:has(strong) { background: var(--bad-back); border-left: 4px solid var(--bad); padding: .1rem .8rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }

.filter { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center;
  margin: 1rem -1.25rem 0; padding: .6rem 1.25rem; background: var(--back); border-bottom: 1px solid var(--line);
  max-height: 30vh; overflow: auto; }
.filter fieldset { display: contents; }
.filter legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.filter label { display: inline-flex; align-items: center; gap: .4rem; }
.filter input[type=search] { font: inherit; width: min(24rem, 60vw); padding: .35rem .6rem; color: var(--text);
  background: var(--plate); border: 1px solid var(--faint); border-radius: .3rem; }
.filter input[type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--link); }
.filter button { font: inherit; padding: .3rem .7rem; color: var(--text); background: var(--plate);
  border: 1px solid var(--faint); border-radius: .3rem; cursor: pointer; }
.left-out { display: none; }
body:has(.filter input[type=checkbox].portal:not(:checked)) .left-out,
body:has(#only-danger:checked) .left-out, body.searched .left-out { display: block; }
body:has(#only-danger:checked) :is(.part tr.row:not(.danger), details:not(:has(tr.danger)), .part > div:not(.bad)) {
  display: none; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 .8rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
thead th { font-size: .88em; font-weight: 600; color: var(--faint); background: var(--plate); white-space: nowrap; }
tbody th { font-weight: 400; }
td div + div, th div + div { margin-top: .15rem; }
.scroll table { width: auto; min-width: min(100%, 40rem); margin-bottom: .8rem; }
.scroll th, .scroll td { overflow-wrap: normal; white-space: nowrap; }
.scroll tbody th { white-space: normal; min-width: 8rem; }
.scroll td:not(.number) { white-space: normal; }
details thead th { white-space: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.zero { color: var(--faint); }
tr.all > * { font-weight: 600; border-top: 2px solid var(--line); }
tr.danger > :first-child { box-shadow: inset 4px 0 var(--bad); }
.who b { font-weight: 600; }
.who small { display: block; }
.old { color: var(--old); }
.new { color: var(--new); font-weight: 600; }

details { margin: .4rem 0; border: 1px solid var(--line); border-radius: .4rem; }
details.bad { border-color: var(--bad); }
summary { padding: .5rem .8rem; cursor: pointer; }
details[open] > summary { border-bottom: 1px solid var(--line); background: var(--plate); }
summary .count { margin-left: .5rem; color: var(--faint); font-variant-numeric: tabular-nums; }
details > div { padding: 0 .3rem; }
details table { margin: 0; }
/* Thousands of rows are laid out at once where no cell has a say in how wide its column is. */
details table:has(.w-who) { table-layout: fixed; }
details table:not(:has(.w-who)) td { min-width: 5rem; }
details tr:last-child > * { border-bottom: 0; }
details .narrow { width: 9rem; }
details .w-who { width: 30%; }

/* How much, what is dangerous and why are seen at once; whoever unfolds something wants to read it. */
@media screen and (min-width: 72rem) {
  .decision { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.6fr); column-gap: 2rem;
    align-items: start; }
  .group { grid-column: 1 / -1; }
  .group.half:not(:has(details[open])) { grid-column: auto; }
  .group h2 { margin-top: 1.2rem; }
}
@media (max-width: 64rem) {
  .scroll :is(th, td) { padding-left: .4rem; padding-right: .4rem; }
  .scroll thead th { font-size: .8em; }
}
@media screen and (max-width: 52rem) {
  html { scroll-padding-top: 1rem; }
  body { padding: 0 .8rem 3rem; font-size: 16px; }
  .filter { position: static; max-height: none; margin: 1rem -.8rem 0; padding: .6rem .8rem; }
  .filter input[type=search] { width: 100%; }
  .filter label.find { width: 100%; flex-wrap: wrap; }
  details table, details tbody, details tr, details td, details tbody th { display: block; width: auto; }
  details thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  details tr { padding: .5rem .2rem; border-bottom: 1px solid var(--line); }
  details tr:last-child { border-bottom: 0; }
  details td, details tbody th { border: 0; padding: .1rem .5rem; }
  .scroll table, .scroll tbody { display: block; }
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .scroll tr { display: flex; flex-wrap: wrap; gap: 0 .9rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  .scroll tr > * { border: 0 !important; padding: 0; }
  .scroll tr > :not(.number) { flex: 0 1 auto; }
  .scroll tr > th { flex: 1 0 60%; }
  .scroll .number[data-is]::before { content: attr(data-is) " "; color: var(--faint); }
  .scroll .zero, td.none { display: none; }
  details td[data-is]::before { content: attr(data-is) ": "; color: var(--faint); }
  details tr.danger { box-shadow: inset 4px 0 var(--bad); }
  details tr.danger > :first-child { box-shadow: none; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .filter { display: none; }
  details { border: 0; }
  details::details-content { display: block; content-visibility: visible; height: auto; }
  summary { list-style: none; padding: .3rem 0; break-after: avoid; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
"""

SCRIPT = """\
(() => {
  "use strict";
  const field = document.getElementById("find");
  if (!field) return;
  const told = document.getElementById("found");
  const parts = document.querySelector(".part");
  const folds = [...document.querySelectorAll("details")];
  const plain = (text) => text.normalize("NFKD").replace(/\\p{M}+/gu, "").toLowerCase();
  let known = null;
  let before = null;

  // What a row is found by: its own words, the reason that it stands below, and its portal.
  const index = () => folds.map((fold) => {
    const above = fold.querySelector("summary").textContent + " " + (fold.closest("section").dataset.portal || "");
    const rows = [...fold.querySelectorAll("tr.row")].map((row) => [row, plain(row.textContent + " " + above)]);
    // What is dangerous stands in the decision as well as in its part; a paper without parts has a decision only.
    return { fold, rows, counts: !parts || fold.closest(".part") };
  });

  const search = () => {
    const words = plain(field.value).split(/\\s+/).filter(Boolean);
    document.body.classList.toggle("searched", words.length > 0);
    if (!words.length && !known) return;
    known = known || index();
    before = before || new Map(folds.map((fold) => [fold, fold.open]));
    let found = 0;
    let all = 0;
    for (const { fold, counts, rows } of known) {
      let here = 0;
      for (const [row, text] of rows) {
        const fits = words.every((word) => text.includes(word));
        if (row.hidden === fits) row.hidden = !fits;
        here += fits;
      }
      fold.hidden = words.length > 0 && !here;
      fold.open = words.length ? here > 0 && here <= 200 : before.get(fold);
      if (counts) { found += here; all += rows.length; }
    }
    if (!words.length) before = null;
    told.textContent = words.length
      ? `${found.toLocaleString("en")} of ${all.toLocaleString("en")} found` : "";
  };

  let due = 0;
  field.addEventListener("input", () => { clearTimeout(due); due = setTimeout(search, 80); });
  document.getElementById("unfold").addEventListener("click", () => folds.forEach((fold) => { fold.open = true; }));
  document.getElementById("fold").addEventListener("click", () => folds.forEach((fold) => { fold.open = false; }));
  document.querySelectorAll("[data-script]").forEach((one) => { one.hidden = false; });
  search();

  // Browsers that cannot print what is folded print what is open.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = folds.filter((fold) => !fold.open);
    folded.forEach((fold) => { fold.open = true; });
  });
  window.addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));
})();
"""

WORDS = """\
{% macro phrase(one) %}
{% set is = kind(one) %}
{% if is == "told" %}
{% if one.name %}<bdi>{{ one.name }}</bdi>: {% endif %}
{% if one.word %}{{ one.word }} {% endif %}
{% for value in one.values %}
{% if not loop.first %} → {% endif %}
{% if kind(value) == "code" %}<code>{{ value }}</code>
{%- elif one.values|length == 1 %}<bdi>{{ value }}</bdi>
{%- elif loop.last %}<bdi class="new">{{ value }}</bdi>
{%- else %}<bdi class="old">{{ value }}</bdi>
{%- endif %}
{% endfor %}
{% elif is == "link" %}<a href="#{{ one.mark }}">{{ one.words }}</a>
{%- elif is == "strong" %}<strong>{{ one }}</strong>
{%- elif is == "code" %}<code>{{ one }}</code>
{%- else %}{{ one }}
{%- endif %}
{% endmacro %}
{% macro lines(cell) %}
{% if cell|length == 1 %}{{ phrase(cell[0]) }}
{%- else %}{% for one in cell %}<div>{{ phrase(one) }}</div>{% endfor %}
{% endif %}
{% endmacro %}
{% macro person(cell) %}
<b><bdi>{{ cell.name or cell.login or cell.key or NOTHING }}</bdi></b>
{% set login = cell.login if cell.name else "" %}
{% if login or cell.key or cell.department %}
<small>{% if login %}<bdi dir="ltr">{{ login }}</bdi>{% if cell.key or cell.department %}, {% endif %}{% endif %}
{% if cell.key %}<bdi dir="ltr">{{ cell.key }}</bdi>{% if cell.department %}, {% endif %}{% endif %}
{% if cell.department %}<bdi>{{ cell.department }}</bdi>{% endif %}</small>
{% endif %}
{% endmacro %}
{% macro title(one) %}
{% if one.title %}<h{{ one.level }}>{{ one.title }}{% if one.count and not one.table %}: {{ one.count }}{% endif %}
</h{{ one.level }}>{% endif %}
{% endmacro %}
{% macro told(one) %}
{% for words in one.said %}
<p>{{ phrase(words) }}</p>
{% endfor %}
{% if one.points %}
<ul>
{% for words in one.points %}
<li>{{ phrase(words) }}</li>
{% endfor %}
</ul>
{% endif %}
{% endmacro %}
"""

TABLE = """\
{% from "words" import lines, person, phrase %}
<table aria-label="{{ label }}">
<thead><tr>
{% for name in table.names %}
{% if name == WHO %}
<th scope="col" class="w-who">who<small>: login, key, department</small></th>
{% elif name in table.numbers %}
<th scope="col" class="number">{{ name }}</th>
{% elif name in ("portal", "grace ends") %}
<th scope="col" class="narrow">{{ name }}</th>
{% else %}
<th scope="col">{{ name }}</th>
{% endif %}
{% endfor %}
</tr></thead>
<tbody>
{% for row in table.rows %}
<tr class="{% if row.total %}all{% else %}row{% endif %}{% if row.danger %} danger{% endif %}
{% if row.host in places %} at-{{ places[row.host] }}{% endif %}">
{% for cell in row.cells %}
{% if kind(cell) == "who" %}
<th scope="row" class="who">{{ person(cell) }}</th>
{% elif not cell %}
<td class="none">{{ NOTHING }}</td>
{% elif table.names[loop.index0] in table.numbers %}
{% if cell == ("0",) %}
<td class="number zero">0</td>
{% else %}
<td class="number" data-is="{{ table.names[loop.index0] }}">{{ phrase(cell[0]) }}</td>
{% endif %}
{% elif loop.first and WHO not in table.names %}
<th scope="row">{{ lines(cell) }}</th>
{% else %}
<td{% if table.names[loop.index0] not in PLAIN %} data-is="{{ table.names[loop.index0] }}"{% endif %}>
{{- lines(cell) }}</td>
{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody></table>
"""

BLOCK = """\
{% from "words" import title, told %}
{% set label = (one.title or "Counts") ~ about %}
{% set table = one.table %}
{% if not one.table or one.table.numbers %}
<div{% if one.bad %} class="bad"{% endif %}>
{{ title(one) }}
{{ told(one) }}
</div>
{% if one.table %}
<div class="scroll" tabindex="0" role="group" aria-label="{{ label }}">{% include "table" %}</div>
{% endif %}
{% else %}
<details{% if one.bad %} class="bad"{% endif %}{% if unfolded(one) %} open{% endif %}>
<summary>{{ title(one) }} <span class="count">{{ one.count }}</span></summary>
<div{% if one.mark %} id="{{ one.mark }}"{% endif %}>
{{ told(one) }}
{% include "table" %}

</div></details>
{% endif %}
"""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{{ hashes.style }}'; script-src '
{{- hashes.script }}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ paper.title }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<h1>{{ paper.title }}</h1>
<p>{{ paper.meaning }}</p>
{% if paper.sum %}<p class="sum"><strong>{{ paper.sum }}</strong></p>{% endif %}
{% if paper.alarms %}
<div class="bad"><ul>
{% for one in paper.alarms %}
<li><strong>{{ one }}</strong></li>
{% endfor %}
</ul></div>
{% endif %}
{% if paper.digest %}<p class="faint digest">Document digest: <code>{{ paper.digest }}</code></p>{% endif %}
</header>
<search class="filter" role="search">
<label class="find" data-script hidden>Find <input type="search" id="find" autocomplete="off" spellcheck="false"
 placeholder="name, login, key, portal, reason" aria-describedby="found"></label>
{% if places|length > 1 %}
<fieldset><legend>Portals to show</legend>
{% for host, place in places.items() %}
<label><input type="checkbox" class="portal" id="show-{{ place }}" checked autocomplete="off">
<bdi>{{ host }}</bdi></label>
{% endfor %}
</fieldset>
{% endif %}
{% if dangerous %}
<label><input type="checkbox" id="only-danger" autocomplete="off"> only what is dangerous</label>
{% endif %}
<span data-script hidden><button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button></span>
<span id="found" role="status" class="faint"></span>
<noscript><small>The search of your browser finds what is folded as well.</small></noscript>
</search>
<main>
<div class="left-out bad"><p><strong>Something is left out of what you see: the filter is in use.</strong></p></div>
<section class="decision" aria-label="The decision">
{% set about = "" %}
{% for group in decision %}
<div class="group{% if group.half %} half{% endif %}">
{% for one in group.blocks %}
{% include "block" %}

{% endfor %}
</div>
{% endfor %}
</section>
{% if paper.about %}
<section class="about" aria-labelledby="about">
<h2 id="about">About this paper</h2>
<ul>{% for fact in paper.about %}<li>{{ fact }}</li>
{% endfor %}</ul>
</section>
{% endif %}
{% for part in paper.parts %}
<section class="part at-{{ places[part.title] }}" aria-labelledby="{{ part.mark }}" data-portal="{{ part.title }}">
<h2 id="{{ part.mark }}"><bdi>{{ part.title }}</bdi></h2>
{% set about = ", " ~ part.title %}
{% for one in part.blocks %}
{% include "block" %}

{% endfor %}
</section>
{% endfor %}
</main>
<script>{{ script }}</script>
</body>
</html>
"""
