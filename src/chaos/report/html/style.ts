/** The page's whole style. No attribute in the page carries style of its own: the policy would not apply it. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--raised:#f6f7f9;--ink:#1a1d21;--soft:#565d66;--line:#d9dde2;--grid:#e8ebee;
--a:#0b62c4;--b:#b3470b;--c:#6b3fa0;--ref:#69717b;--good:#0f6b3a;--bad:#b3261e;--warn:#7a5200;
--good-bg:#e3f4ea;--bad-bg:#fbe6e4;--warn-bg:#fdf1d7;--band:#0b62c41f;--shade:#7d86901a}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--raised:#1c2024;--ink:#e6e9ec;--soft:#a3abb4;--line:#363c43;--grid:#262b30;
--a:#6cb1ff;--b:#ff9d5c;--c:#c3a2f2;--ref:#98a1ab;--good:#6fd49b;--bad:#ff8f86;--warn:#f0c067;
--good-bg:#17301f;--bad-bg:#3a1c1a;--warn-bg:#33280f;--band:#6cb1ff2b;--shade:#9aa4ae1c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Zen Hei",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1040px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
footer{padding-top:8px;padding-bottom:48px;color:var(--soft);font-size:13px}
h1{font-size:15px;font-weight:600;color:var(--soft);margin:0 0 8px}
h2{font-size:20px;line-height:1.3;margin:48px 0 12px}
h3{font-size:15px;margin:24px 0 4px}
p{margin:0 0 12px}
.verdict{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;margin:0 0 4px;font-size:24px;line-height:1.25;font-weight:650}
.badge{border-radius:6px;padding:2px 12px}
.loop{color:var(--soft);margin:0 0 16px}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.badge.good{background:var(--good-bg)}.badge.bad{background:var(--bad-bg)}.badge.warn{background:var(--warn-bg)}
.note{color:var(--soft);font-size:13px}
.notice{border-left:4px solid var(--warn);background:var(--warn-bg);padding:8px 14px;margin:0 0 12px}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 18px;margin:0;padding:14px 18px;background:var(--raised);border-radius:8px}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{margin:0;overflow:auto;padding:12px 16px;background:var(--raised);border-radius:8px;max-height:300px}
.scroll{position:relative;overflow-x:auto;border:1px solid var(--line);border-radius:8px}
.scroll:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--a);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;padding:8px 12px;color:var(--soft);font-size:13px}
th,td{padding:7px 12px;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:13px;background:var(--raised)}
caption.unseen{position:absolute;width:1px;height:1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
caption:not(.unseen)+thead th{border-top:1px solid var(--line)}
th:first-child,td.text,th.text{text-align:left}
tbody th{font-weight:600}
td.wrap,th.wrap{white-space:normal;min-width:180px}
tbody tr:nth-child(even) td,tbody tr:nth-child(even) th{background:color-mix(in srgb,var(--raised) 45%,transparent)}
figure{margin:8px 0 24px}
figcaption{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline;margin:0 0 6px}
figcaption strong{font-size:15px}
ul.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:0;padding:0;font-size:13px;color:var(--soft)}
ul.legend li{display:flex;align-items:center;gap:6px}
ul.legend svg{width:24px;height:10px;flex:none}
svg.plot{display:block;width:100%;height:auto}
svg.narrow{display:none}
svg text{fill:var(--soft);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Zen Hei",sans-serif}
svg .panel{fill:var(--ink);font-weight:500}
svg .grid{stroke:var(--grid);stroke-width:1}
svg .axis{stroke:var(--line);stroke-width:1}
svg .shade{fill:var(--shade)}
svg .band{fill:var(--band);stroke:none}
svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
svg .a{stroke:var(--a)}svg .b{stroke:var(--b)}svg .c{stroke:var(--c)}svg .ref{stroke:var(--ref)}
svg .thin{stroke-width:1.4}
svg .dashed{stroke-dasharray:5 4}svg .dotted{stroke-dasharray:1.5 4}
svg .error{fill:var(--bad)}svg .mark{fill:var(--c)}
svg .bound{stroke:var(--bad);stroke-width:1;stroke-dasharray:2 3}
details{margin:0 0 16px}
summary{cursor:pointer;color:var(--soft);font-size:13px;padding:4px 0}
details .scroll{max-height:340px;overflow-y:auto}
details thead th{position:sticky;top:0}
@media (max-width:700px){
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:20px}
h2{margin-top:36px}
.verdict{font-size:20px}
dl{grid-template-columns:minmax(0,1fr);gap:0}dt{font-size:12px}dd{margin:0 0 6px}
th,td{padding:7px 9px}
th:first-child{position:sticky;left:0;background:var(--paper)}
thead th:first-child{background:var(--raised)}
tbody tr:nth-child(even) th:first-child{background:var(--paper)}
svg.wide{display:none}svg.narrow{display:block}
}
@media print{body{font-size:12px}.scroll,details .scroll,pre{overflow:visible;max-height:none}figure,table{break-inside:avoid}}
`
