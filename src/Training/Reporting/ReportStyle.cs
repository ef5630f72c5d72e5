namespace Dalle2.Training.Reporting;

/// <summary>The style sheet of <see cref="Report"/>.</summary>
static class ReportStyle
{
    internal const string Css = """
        :root { color-scheme: light dark; --paper: #f7f7f5; --card: #ffffff; --ink: #22252c; --faint: #6b7080; --line: #e2e3e8; --fill: #3b6fd4; --fill-soft: #e8edf8;
          --series-0: #2f66cf; --series-1: #d2622a; --series-2: #2a8f62; --series-3: #9a4fc4; --series-4: #b08a00; --series-5: #c23a5e; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #15171c; --card: #1d2027; --ink: #e6e8ee; --faint: #9aa0b0; --line: #30343f; --fill: #6d9bf5; --fill-soft: #2a3142;
            --series-0: #78a5ff; --series-1: #f0935c; --series-2: #5cc596; --series-3: #c68af0; --series-4: #dcb83a; --series-5: #f07a9a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 64px; }
        h1 { font-size: 28px; margin: 0 0 4px; letter-spacing: -0.01em; }
        h2 { font-size: 17px; margin: 0 0 14px; }
        h2 small { font-weight: normal; color: var(--faint); font-size: 14px; margin-left: 6px; }
        .summary { color: var(--faint); margin: 0 0 8px; max-width: 72ch; }
        .note { color: var(--faint); font-size: 13px; margin: 12px 0 0; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin-top: 18px; }
        .scroll { overflow-x: auto; }
        .figures { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .figures th, .figures td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); font-weight: normal; }
        .figures tr:first-child th { color: var(--faint); font-size: 13px; }
        .figures th:first-child { text-align: left; padding-left: 0; }
        .figures .wide { width: 34%; min-width: 140px; }
        .figures tr:last-child th, .figures tr:last-child td { border-bottom: 0; }
        .bar { position: relative; height: 14px; background: var(--fill-soft); border-radius: 3px; }
        .fill { height: 100%; background: var(--fill); border-radius: 3px; }
        .interval { position: absolute; top: 6px; height: 2px; background: var(--ink); }
        .chance { position: absolute; top: -3px; height: 20px; width: 2px; margin-left: -1px; background: var(--series-1); }
        .sheet { max-width: 100%; height: auto; border-radius: 4px; }
        .samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 20px 18px; }
        figure { margin: 0; }
        .pictures { display: flex; gap: 6px; }
        .pictures div { flex: 1 1 0; min-width: 0; max-width: 160px; }
        .pictures img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 4px; border: 1px solid var(--line); }
        .pictures span { color: var(--faint); font-size: 12px; }
        figcaption { font-size: 13px; line-height: 1.4; margin-top: 4px; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 0 28px; margin: 0; }
        dl div { display: flex; justify-content: space-between; gap: 16px; padding: 5px 0; border-bottom: 1px solid var(--line); }
        dt { color: var(--faint); }
        dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
        .chart { display: block; width: 100%; height: auto; }
        .chart text { font: 12px system-ui, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
        .chart .tick { fill: var(--faint); font-size: 11px; }
        .chart .grid { stroke: var(--line); }
        .chart .axis { stroke: var(--faint); }

        """;
}
