import NIOHTTP1

/// The one stylesheet of all pages. Its path changes with its text, so browsers may keep it.
enum Stylesheet {
    static let path = "/assets/buckle-\(fingerprint).css"

    static let page = Page(path: path) { logID in
        var reply = HTTPReply(text: text, contentType: "text/css; charset=utf-8", logID: logID)
        reply.headers = [
            ("Cache-Control", "public, max-age=31536000, immutable"), ("X-Content-Type-Options", "nosniff"),
        ]
        return reply
    }

    /// FNV-1a: it only has to differ from version to version.
    private static var fingerprint: String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static let text = #"""
        :root {
            color-scheme: light dark;
            --page: #f3f5f8; --card: #ffffff; --text: #1b2026; --muted: #55606c; --line: #d5dbe2;
            --border: #76818d; --accent: #0a58ca; --accent-hover: #0848a6; --on-accent: #ffffff;
            --bad: #a51d14; --bad-page: #fdeeec; --note: #e9f1fd;
        }
        @media (prefers-color-scheme: dark) {
            :root {
                --page: #0f1318; --card: #191e25; --text: #e7eaee; --muted: #a5afba; --line: #353d47;
                --border: #7f8a96; --accent: #74adff; --accent-hover: #9cc4ff; --on-accent: #0b1320;
                --bad: #ffaaa0; --bad-page: #3a1916; --note: #17273e;
            }
        }
        * { box-sizing: border-box; }
        html { font: 100%/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
        body { margin: 0; min-height: 100vh; background: var(--page); color: var(--text); overflow-wrap: anywhere; }
        header {
            display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .25rem 1rem;
            padding: .75rem 1rem; border-bottom: 1px solid var(--line); background: var(--card);
        }
        .brand { color: var(--text); font-weight: 700; letter-spacing: .02em; text-decoration: none; }
        .person { display: flex; align-items: center; gap: .75rem; margin: 0; min-width: 0; }
        .person .name { color: var(--muted); }
        main {
            width: min(34rem, 100% - 2rem); margin: clamp(1rem, 6vh, 4rem) auto; padding: clamp(1.1rem, 5vw, 2rem);
            background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
        }
        h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
        h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
        p { margin: 0 0 1rem; }
        a { color: var(--accent); }
        a:hover { color: var(--accent-hover); }
        code { font: .875em ui-monospace, "DejaVu Sans Mono", monospace; }
        .muted { color: var(--muted); }
        .alert { padding: .65rem .85rem; border-radius: .4rem; background: var(--bad-page); color: var(--bad); }
        .note { padding: .65rem .85rem; border-radius: .4rem; background: var(--note); }
        label { display: block; margin: 0 0 .25rem; font-weight: 600; }
        .field { margin: 0 0 1rem; }
        .field .hint { margin: .25rem 0 0; color: var(--muted); font-size: .875rem; }
        input:where([type=text], [type=password], [type=email]) {
            width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: var(--text);
            background: var(--page); border: 1px solid var(--border); border-radius: .4rem;
        }
        input.code { font: 1.25rem ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: .1em; }
        button {
            min-height: 2.75rem; padding: .5rem 1.25rem; font: inherit; font-weight: 600; cursor: pointer;
            border: 1px solid var(--border); border-radius: .4rem; background: transparent; color: var(--text);
        }
        button:hover { border-color: var(--text); }
        button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
        button.primary:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
        button.plain { min-height: 2rem; padding: .1rem .6rem; font-weight: 400; }
        .buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; }
        .buttons button { flex: 1 1 8rem; }
        .after { margin: 1.5rem 0 0; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        dl { margin: 0 0 1rem; }
        dt { color: var(--muted); font-size: .875rem; }
        dd { margin: 0 0 .5rem; }
        details { border-top: 1px solid var(--line); }
        details:last-of-type { border-bottom: 1px solid var(--line); }
        summary { padding: .6rem 0; cursor: pointer; font-weight: 600; }
        details ul { margin: 0 0 .75rem; padding-left: 1.25rem; }
        details li { margin: 0 0 .25rem; }
        details li code { color: var(--muted); }
        fieldset { margin: 1.5rem 0 0; padding: 0; border: 0; min-width: 0; }
        legend { padding: 0; margin: 0 0 .5rem; font-weight: 600; }
        .option { display: flex; align-items: baseline; gap: .6rem; margin: 0; padding: .35rem 0; font-weight: 400; }
        .option input {
            flex: none; width: 1.1rem; height: 1.1rem; margin: 0; translate: 0 .15em; accent-color: var(--accent);
        }
        .options { margin: 0 0 0 1.7rem; }
        .options:not(fieldset:has(#some:checked) > *) { display: none; }
        """#
}
