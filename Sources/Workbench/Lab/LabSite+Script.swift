import LyceumKit

extension LabSite {
    /// Looks every two seconds whether the lab has changed, and replaces what is shown, keeping what the reader has
    /// opened, ticked and typed. "/" goes to the search, as on other pages.
    static let script = """
        (function () {
          var live = document.getElementById("live"), main = document.getElementById("main"), version = live.dataset.version;
          function key(e) { return e.id || e.name + "=" + e.value; }
          function refresh() {
            return fetch(location.href, { cache: "no-store" }).then(function (r) { return r.text(); }).then(function (text) {
              var page = new DOMParser().parseFromString(text, "text/html"), next = page.getElementById("main");
              if (!next) return;
              var active = document.activeElement;
              if (active && main.contains(active) && /^(INPUT|SELECT)$/.test(active.tagName) && active.type !== "checkbox") return;
              var focus = active && main.contains(active) ? key(active) : "";
              var open = [], ticked = {};
              main.querySelectorAll("details").forEach(function (d, i) { open[i] = d.open; });
              main.querySelectorAll("input[type=checkbox]").forEach(function (c) { ticked[c.value] = c.checked; });
              main.replaceChildren.apply(main, Array.from(next.childNodes));
              document.title = page.title;
              main.querySelectorAll("details").forEach(function (d, i) { if (open[i]) d.open = true; });
              main.querySelectorAll("input[type=checkbox]").forEach(function (c) { if (c.value in ticked) c.checked = ticked[c.value]; });
              if (focus) main.querySelectorAll("a, input, button, summary").forEach(function (e) { if (key(e) === focus) e.focus(); });
            });
          }
          function look() {
            if (document.hidden) return;
            fetch(live.dataset.root + "/version", { cache: "no-store" }).then(function (r) { return r.text(); }).then(function (now) {
              live.textContent = "live";
              if (now === version) return;
              version = now;
              return refresh();
            }).catch(function () { live.textContent = "no connection"; });
          }
          setInterval(look, 2000);
          document.addEventListener("visibilitychange", look);
          document.addEventListener("keydown", function (e) {
            var field = document.querySelector("input[type=search]");
            if (e.key === "/" && field && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) { e.preventDefault(); field.focus(); }
          });
        })();
        """

    /// The only script that the pages may run, as a content security policy names it.
    public static let scriptHash = "sha256-" + base64(SHA256.hash(script))

    private static func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? letters[bits >> (18 - 6 * place) & 63] : "=")
            }
        }
        return text
    }

    /// What these pages have beyond a report.
    static let style = """
        nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; align-items: baseline; font-size: 0.95rem; }
        a { color: var(--accent); } nav a { text-decoration: none; padding: 0.3rem 0; }
        nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom: 2px solid var(--accent); }
        #live { color: var(--soft); font-size: 0.8rem; margin-left: auto; }
        .skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
        form.filter { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end; margin: 1rem 0; }
        label { font-size: 0.8rem; color: var(--soft); display: grid; gap: 0.15rem; }
        input[type=search], select, button { font: inherit; font-size: 0.95rem; color: var(--text);
          background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 0.4rem 0.6rem;
          min-height: 2.4rem; max-width: 100%; }
        button { cursor: pointer; } input[type=checkbox] { width: 1.1rem; height: 1.1rem; }
        .state { white-space: nowrap; } .state::before { content: "●"; margin-right: 0.35em; color: var(--soft); }
        .state.running::before { color: var(--accent); } .state.finished::before { color: var(--gold); }
        .state.failed::before, .state.abandoned::before { color: #c2500a; }
        .empty { color: var(--soft); } dl.facts { display: grid; grid-template-columns: max-content 1fr;
          gap: 0.25rem 1rem; font-size: 0.92rem; } dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0;
          overflow-wrap: anywhere; min-width: 0; }
        pre.template { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 0.6rem 0.8rem;
          white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; margin: 0.4rem 0; }
        td label { display: inline-flex; gap: 0.4rem; align-items: center; font-size: inherit; color: inherit;
          white-space: nowrap; overflow-wrap: normal; }
        table.runs td { text-align: left; min-width: 0; }
        table.runs td.number { text-align: right; white-space: nowrap; overflow-wrap: normal; }
        table.runs th.number { text-align: right; } table.runs td.number small { white-space: normal; }
        .unknown { color: var(--soft); }
        table.runs .title { white-space: normal; min-width: 11rem; overflow-wrap: anywhere; }
        @media (max-width: 600px) {
          table.runs, table.runs tbody, table.runs tr, table.runs td { display: block; width: 100%; }
          table.runs thead { display: none; }
          table.runs tr { border: 1px solid var(--line); border-radius: 8px; background: var(--panel);
            padding: 0.5rem 0.7rem; margin-bottom: 0.6rem; }
          table.runs td, table.runs td.number { border: 0; padding: 0.1rem 0; text-align: left; white-space: normal; }
          table.runs td[data-name]::before { content: attr(data-name) " "; color: var(--soft); }
          table.runs td:empty { display: none; }
          dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: 0.5rem; } }
        """
}
