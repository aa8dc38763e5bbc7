extension RunReport {
    /// The looks of the page: light and dark as the reader's system has it, from phone to desk, and on paper.
    static let pageStyle = """
        :root { color-scheme: light dark; --paper: #fbfbfa; --panel: #ffffff; --text: #1c2430; --soft: #5b6675;
          --line: #dfe3e8; --one: #dbeafc; --two: #fbe08a; --gold: #17804f; --accent: #1f5fbf; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181e; --panel: #1b2129; --text: #e4e9f0;
          --soft: #a3aebd; --line: #343d49; --one: #24405f; --two: #6a5410; --gold: #5fd39b; --accent: #7fb2ff; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1240px; padding: 1.5rem clamp(0.9rem, 3vw, 2.5rem) 4rem;
          background: var(--paper); color: var(--text);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
        h1 { font-size: clamp(1.4rem, 4vw, 2rem); line-height: 1.2; margin: 0.5rem 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; margin: 2.4rem 0 0.8rem; padding-bottom: 0.3rem;
          border-bottom: 1px solid var(--line); }
        h3 { font-size: 1rem; margin: 1.4rem 0 0.5rem; } h4 { font-size: 0.9rem; margin: 1rem 0 0.4rem; }
        header p, section > p { color: var(--soft); font-size: 0.9rem; margin: 0.3rem 0; }
        .signature { font-family: ui-monospace, monospace; font-size: 0.78rem; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.35rem 0.9rem 0.35rem 0; text-align: right; vertical-align: top;
          border-bottom: 1px solid var(--line); white-space: nowrap; }
        th { font-weight: 600; } th[scope=row] { text-align: left; font-weight: 400; color: var(--soft); }
        thead th:first-child { text-align: left; }
        td + td, th + td, th + th { padding-left: 0.6rem; }
        table.text td, table.text th { text-align: left; }
        table.text td { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; max-width: 26rem; }
        td small, h4 small { color: var(--soft); font-weight: 400; }
        td small { display: block; font-size: 0.78rem; }
        details { margin: 0.7rem 0; } summary { cursor: pointer; color: var(--accent); font-size: 0.9rem; }
        .plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
        figure { margin: 0; padding: 0.6rem; background: var(--panel); border: 1px solid var(--line);
          border-radius: 8px; max-width: 640px; } figure svg { display: block; width: 100%; height: auto; }
        article { margin: 1rem 0 1.8rem; }
        .source { color: var(--soft); font-size: 0.9rem; margin: 0.3rem 0 0.6rem; white-space: pre-line;
          overflow-wrap: anywhere; }
        .plain { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; margin: 0.4rem 0; }
        .side { display: grid; gap: 0.7rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 250px), 1fr)); }
        .card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
          padding: 0.6rem 0.8rem; overflow-wrap: anywhere; min-width: 0; }
        .card h4 { margin: 0 0 0.3rem; } .card p { margin: 0; white-space: pre-line; }
        .card.gold { border-left: 3px solid var(--gold); }
        mark { color: inherit; border-radius: 3px; padding: 0 1px; background: var(--one); }
        mark.two { background: var(--two); }
        @media (max-width: 600px) { table { font-size: 0.8rem; } th, td { padding-right: 0.35rem; }
          td small { white-space: normal; } table.text td { min-width: 5rem; } }
        @media print { :root { --paper: #fff; --panel: #fff; --text: #000; --soft: #333; --line: #bbb;
            --one: #e4eefb; --two: #fbe9b0; --gold: #17804f; }
          body { max-width: none; padding: 0; font-size: 10.5pt; }
          mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          mark.two { text-decoration: underline; }
          article, figure, table, .card { break-inside: avoid; } h2, h3 { break-after: avoid; }
          .scroll { overflow: visible; } summary { display: none; } }
        """
}
