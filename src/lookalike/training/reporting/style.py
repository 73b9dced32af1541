"""How the report looks, by day and by night."""

__all__ = ["STYLE"]

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf8;--ink:#1d2129;--soft:#667085;--line:#e4e2dd;
--card:#fff;--accent:#2f6f5e;--before:#98a2b3;--good:#1d7a4f;--bad:#b3402a}
@media(prefers-color-scheme:dark){:root{--paper:#15171c;--ink:#e8e6e1;--soft:#98a0ae;
--line:#2d3139;--card:#1d2027;--accent:#6cc3a8;--before:#717a8a;--good:#62c492;--bad:#ee8a72}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif}
main{max-width:1000px;margin:0 auto;padding:56px 28px 96px}
h1{font-size:34px;line-height:1.2;margin:0 0 12px;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:21px;margin:0 0 4px;letter-spacing:-.01em}
header p,section>p{color:var(--soft);margin:0 0 6px;max-width:70ch}
.kicker{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--accent)}
section{margin-top:56px}section>p{margin-bottom:16px}
.verdict{display:flex;gap:18px;align-items:baseline;margin-top:28px;padding:16px 20px;
border-radius:10px;background:var(--card);border:1px solid var(--line);border-left-width:5px}
.verdict b{white-space:nowrap}.verdict p{margin:0}
.promoted{border-left-color:var(--good)}.promoted b{color:var(--good)}
.refused{border-left-color:var(--bad)}.refused b{color:var(--bad)}
.cards{display:grid;grid-template-columns:1fr 1fr;gap:16px;margin-top:16px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 20px}
.card span,.card small{color:var(--soft);display:block}.card b{font-size:38px;line-height:1.25}
svg{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}
details{color:var(--soft);margin:0 0 6px}summary{cursor:pointer}
dl{display:flex;flex-wrap:wrap;gap:8px 40px;margin:18px 0 0}
dt{font-size:13px;color:var(--soft)}dd{margin:0}
details p{overflow-wrap:anywhere;font-size:13px;margin:2px 16px}
figure{margin:0 0 24px}figcaption{color:var(--soft);font-size:14px;margin-bottom:4px}
section:has(figure){display:grid;grid-template-columns:1fr 1fr;gap:0 28px}
section:has(figure)>:is(h2,p){grid-column:1/-1}section:has(figure) h2{margin-bottom:14px}
section:has(figure) h2:has(+p){margin-bottom:4px}
.grid{stroke:var(--line)}.stage{stroke:var(--soft);stroke-dasharray:3 4}
.tick{fill:var(--soft)}.name,.value{fill:var(--ink);font-size:13px}
.curve{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}.dot{fill:var(--accent)}
.range{stroke-width:3;stroke-linecap:round;opacity:.45}
.before{stroke:var(--before);fill:var(--before)}.after{stroke:var(--accent);fill:var(--accent)}
.wide{overflow-x:auto}.wide+.wide{margin-top:28px}
.tall{max-height:520px;overflow-y:auto;border:1px solid var(--line);
border-radius:10px;padding:0 12px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
td,tbody th{vertical-align:top}
th,td{padding:9px 10px;text-align:right;border-bottom:1px solid var(--line);font-weight:400}
th:first-child{text-align:left;overflow-wrap:anywhere}
thead th{max-width:130px;color:var(--soft);font-size:13px;vertical-align:bottom}
.tall thead th{position:sticky;top:0;background:var(--card)}
tbody tr:last-child>*{border-bottom:0}
td small{display:block;color:var(--soft);font-size:12px;white-space:nowrap}
.trained th,.trained td{font-weight:600}.trained small{font-weight:400}
.up{color:var(--good)}.down{color:var(--bad)}
.query-row{display:grid;grid-template-columns:repeat(6,1fr) 74px;gap:12px;padding:12px 0;
border-bottom:1px solid var(--line);align-items:start}
.picture{min-width:0}.frame{display:flex;height:104px;align-items:center;justify-content:center;
background:var(--card);border:2px solid var(--line);border-radius:8px;overflow:hidden}
.frame img{max-width:100%;max-height:100%}.right .frame{border-color:var(--good)}
.wrong .frame{border-color:var(--bad)}.query .frame{border-style:dashed;border-color:var(--soft)}
.label{display:block;font-size:12px;line-height:1.35;margin-top:4px;color:var(--soft);
overflow-wrap:anywhere}.label i{font-style:normal}
.right .label{color:var(--good)}.wrong .label{color:var(--bad)}.query .label{color:var(--ink)}
.gone{font-size:12px;color:var(--soft);padding:6px;text-align:center}
.figure{margin:30px 0 0;text-align:right;font-size:12px;color:var(--soft)}
.figure b{font-size:17px;color:var(--ink)}
.map{background:var(--card);border:1px solid var(--line);border-radius:10px}
.point{opacity:.82}.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;
font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px}
@media(max-width:760px){.query-row{grid-template-columns:repeat(3,1fr)}
section:has(figure){grid-template-columns:1fr}.cards{grid-template-columns:1fr}}
@media print{.tall{max-height:none;overflow:visible}section{break-inside:avoid-page}}
"""
"""The page's style sheet: no fonts and nothing else from elsewhere."""
