/** What a chaos page's pictures need beside the common style. */
export const experimentStyle = `
svg .faultband{fill:color-mix(in srgb,var(--bad) 11%,transparent)}
svg .phaseline{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
svg .fault{rx:3px;stroke-width:1}
svg .fault.healed{fill:color-mix(in srgb,var(--b) 34%,var(--paper));stroke:var(--b)}
svg .fault.unseen{fill:var(--warn-bg);stroke:var(--warn);stroke-dasharray:3 3}
svg .fault.left{fill:var(--bad-bg);stroke:var(--bad);stroke-width:2}
svg .fired{stroke:var(--ink);stroke-width:1.6}
svg .lane{fill:var(--ink)}
.history td{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.evidence{margin:0 0 20px}
.evidence p{margin:0 0 6px}
td.mark{text-align:center;padding-left:4px;padding-right:4px}
th.turned{vertical-align:bottom;padding-left:4px;padding-right:4px}
th.turned span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block}
ul.notes{padding-left:20px}
a{color:var(--a)}
`
