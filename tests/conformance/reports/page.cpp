#include "conformance/reports/page.hpp"

namespace conformance {

namespace {

// Colours have meanings: good is as the flow says, extra is what the flow leaves out or nobody could measure, bad
// departs.
constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Call flows</title><style>
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--quiet:#5d6877;--rule:#d5dbe3;--panel:#f6f8fa;--band:#eef2f7;
--good:#176b3a;--bad:#b3261e;--extra:#2e5fa8;--good-bar:#d5ecdd;--bad-bar:#f6d4d1;--extra-bar:#dbe6f6;--bad-row:#fdeeed}
@media(prefers-color-scheme:dark){:root{--ink:#dfe5ec;--paper:#14181e;--quiet:#97a3b2;--rule:#343d49;--panel:#1c222b;--band:#20272f;
--good:#6cc68f;--bad:#ff8d84;--extra:#8db4f2;--good-bar:#1f4a31;--bad-bar:#65271f;--extra-bar:#24406b;--bad-row:#35201f}}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem 2rem 4rem;max-width:90rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem;margin-bottom:.4rem}h2{font-size:1.15rem;margin:2.5rem 0 .3rem;border-top:1px solid var(--rule);padding-top:1.2rem}
a{color:var(--extra);text-decoration:none}a:hover{text-decoration:underline}
p{margin:.2rem 0}.quiet{color:var(--quiet)}.good{color:var(--good)}.bad{color:var(--bad)}.extra{color:var(--extra)}
table{border-collapse:collapse;width:100%}td,th{padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top}td:first-child,td:last-child{white-space:nowrap}
.why{margin:.4rem 0;padding:.5rem .5rem .5rem 2rem;background:var(--bad-row);border-left:4px solid var(--bad)}.why a{color:inherit}
.legend span{margin-right:1.4rem;white-space:nowrap}.legend i{display:inline-block;width:2rem;border-top:3px solid;vertical-align:middle;margin-right:.4rem}
.flow{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1.5rem;align-items:start;margin-top:.6rem}
.side{position:sticky;top:1rem;max-height:92vh;overflow:auto;background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:.7rem .9rem}
pre{font:12.5px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0 0}pre b{color:var(--extra);font-weight:600}
svg{width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .time{font-size:10.5px;fill:var(--quiet)}
.line{stroke:var(--rule);stroke-width:1.5}.party{fill:var(--panel);stroke:var(--rule)}.band{fill:var(--band)}svg .step{font-weight:600}
.m{cursor:pointer}.m:focus{outline:none}.m .row{fill:transparent}.m:hover .row,.m:focus .row,.chosen .row{fill:var(--band)}
.shaft,.tip{fill:none;stroke:var(--colour);stroke-width:1.7}.bar{fill:var(--fill);stroke:var(--colour);stroke-width:1.3}.chosen .shaft{stroke-width:3}
.ok{--colour:var(--good);--fill:var(--good-bar)}.more{--colour:var(--extra);--fill:var(--extra-bar)}.wrong{--colour:var(--bad);--fill:var(--bad-bar)}
.absent .shaft{stroke-dasharray:4 4}.silent .bar{fill:var(--paper);stroke-dasharray:2 4}.wrong text{fill:var(--bad);font-weight:600}.wrong .row{fill:var(--bad-row)}
@media(max-width:60rem){body{padding:1rem}.flow{grid-template-columns:1fr}.side{position:static}}
@media print{body{padding:0;max-width:none}.flow{grid-template-columns:1fr}.side,.hint{display:none}h2{break-before:page;border:0}
.why,h2{break-inside:avoid}svg{max-height:22cm}}
</style></head><body>
)";

constexpr std::string_view tail = R"(<script>
function show(g){var f=g.closest('.flow');f.querySelectorAll('.chosen').forEach(function(e){e.classList.remove('chosen')});
g.classList.add('chosen');f.querySelector('.side').innerHTML=document.getElementById('t-'+g.id).innerHTML}
function named(){var g=document.getElementById(location.hash.slice(1));if(g&&g.classList.contains('m'))show(g)}
document.querySelectorAll('.m').forEach(function(g){
g.addEventListener('click',function(){show(g);history.replaceState(null,'','#'+g.id)});
g.addEventListener('keydown',function(e){if(e.key==='Enter'||e.key===' '){e.preventDefault();show(g)}
var all=[].slice.call(g.closest('svg').querySelectorAll('.m')),to=all[all.indexOf(g)+(e.key==='ArrowDown'?1:e.key==='ArrowUp'?-1:0)];
if(to&&to!==g){e.preventDefault();to.focus({preventScroll:false});show(to)}})});
document.querySelectorAll('.flow').forEach(function(f){var g=f.querySelector('.m.wrong');if(g)show(g)});
addEventListener('hashchange',named);named();
</script></body></html>
)";

}  // namespace

std::string_view page_head() noexcept {
    return head;
}

std::string_view page_tail() noexcept {
    return tail;
}

}  // namespace conformance
