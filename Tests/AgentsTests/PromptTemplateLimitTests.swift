import Agents
import Testing

/// What becomes of texts that are no templates, and of those that are made to do harm.
@Suite struct PromptTemplateLimitTests {
    static let values = ["name": "Ada", "xs": #"["a", "b"]"#, "tpl": "{{ name }}{% endfor %}", "城市": "杭州"]

    @Test(arguments: [
        "", "Plain text, with a newline\n", "{\"a\": {\"b\": 1}}\r\n", "} { {x} % } #", "{", "\\frac{a}{b}",
    ])
    func `a text without marks is returned as it is`(_ text: String) {
        #expect(PromptTemplate(text).render(["a": "1", "x": "2"]) == text)
    }

    /// Texts that are no templates, and what they are with `{{name}}` replaced.
    static let broken: [(text: String, expected: String)] = [
        ("{{ name", "{{ name"),
        ("{{name}} {% if name %}x", "Ada {% if name %}x"),
        ("{% endif %}{{ name }}", "{% endif %}Ada"),
        (#"Answer as {{"a": 1}}, {{name}}"#, #"Answer as {{"a": 1}}, Ada"#),
        ("{{ 'a }}{{  name  }}\n", "{{ 'a }}Ada\n"),
        ("{% for x in xs %}{{name}}", "{% for x in xs %}Ada"),
        ("{# {{name}}", "{# Ada"),
        ("{{}}{{ }}{{name}}", "{{}}{{ }}Ada"),
        ("{% include '/etc/passwd' %}{{name}}", "{% include '/etc/passwd' %}Ada"),
        ("{% macro m() %}{% endmacro %}{{name}}", "{% macro m() %}{% endmacro %}Ada"),
        ("{{ name|sh }}{{name}}", "{{ name|sh }}Ada"),
        ("{{ name() }}{{name}}", "{{ name() }}Ada"),
        ("{{ 1 / 0 }}{{name}}", "{{ 1 / 0 }}Ada"),
        ("{{ @ }}{{城市}}{{unknown}}", "{{ @ }}杭州{{unknown}}"),
        ("{{ 5 < xs }}{{name}}", "{{ 5 < xs }}Ada"),
        ("{{{{name}}}}{{", "{{Ada}}{{"),
        ("{{ a b }}{{tpl}}", "{{ a b }}{{ name }}{% endfor %}"),
        ("{{ 9223372036854775807 + 1 }}{{name}}", "{{ 9223372036854775807 + 1 }}Ada"),
        ("{% set %}{{name}}", "{% set %}Ada"),
    ]

    @Test(arguments: broken)
    func `of a text that is no template only the plain names are replaced`(_ text: String, _ expected: String) {
        #expect(PromptTemplate(text).render(Self.values) == expected)
    }

    @Test func `a value is never read as a template`() {
        let upper = PromptTemplate("{{ tpl }}|{{ tpl|upper }}").render(Self.values)
        #expect(upper == "{{ name }}{% endfor %}|{{ NAME }}{% ENDFOR %}")
        #expect(PromptTemplate("{{ tpl }}{% ").render(Self.values) == "{{ name }}{% endfor %}{% ")
    }

    @Test func `a text that spells a number counts as one where Jinja2 would fail`() {
        let values = ["age": "36", "price": " 2.5 ", "word": "ten"]
        #expect(PromptTemplate("{% if age >= 18 %}adult{% endif %}").render(values) == "adult")
        #expect(PromptTemplate("{{ age + 1 }} {{ price / 2 }} {{ age - price }}").render(values) == "37 1.25 33.5")
        // Where it would not fail, they are texts.
        #expect(PromptTemplate("{{ age == 36 }} {{ age + price }}").render(values) == "False 36 2.5 ")
        #expect(PromptTemplate("{% if missing > 3 or missing <= 3 %}x{% endif %}!").render(values) == "!")
        #expect(PromptTemplate("{{ word > 3 }}").render(values) == "{{ word > 3 }}")
    }

    @Test func `parts of a value are written as JSON, and what is no JSON is text`() {
        let values = [
            "p": #"{"t": ["a", 1, true, null, {"x": "y\"\u00e9"}]}"#, "cut": #"["a", "b"#, "number": "[1] a",
        ]
        #expect(PromptTemplate("{{ p.t }}").render(values) == #"["a", 1, true, null, {"x": "y\"é"}]"#)
        #expect(PromptTemplate("{{ cut }} {{ cut[0] }} {{ number|length }}").render(values) == #"["a", "b [ 5"#)
    }

    private static let wide = String(repeating: "w", count: 10_000)
    private static let long = "[" + (0..<1000).map(String.init).joined(separator: ",") + "]"

    /// Each of these is over a limit.
    static let harmful: [String] = [
        "{{ " + String(repeating: "(", count: 65) + "1" + String(repeating: ")", count: 65) + " }}",
        "{{ " + String(repeating: "[", count: 100_000) + " }}",
        String(repeating: "{% if true %}", count: 5000) + String(repeating: "{% endif %}", count: 5000),
        "{{ " + String(repeating: "1 if 0 else ", count: 5000) + "1 }}",
        "{% set x = [] %}" + String(repeating: "{% set x = [x] %}", count: 5000),
        "{% set x = 'ab' %}" + String(repeating: "{% set x = x ~ x %}", count: 60),
        "{% set x = [1] %}" + String(repeating: "{% set x = x + x %}", count: 60),
        "{% for a in long %}{% for b in long %}{% for c in long %}.{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in long %}{% if long|sort == long|reverse %}{% endif %}{% endfor %}",
        "{% for a in long %}{{ wide }}{% endfor %}",
        "{{ wide|replace('w', wide) }}",
        "{{ long|join(wide) }}",
        "{% for c in wide %}{{ (wide|upper)|length }}{% endfor %}",
    ]

    @Test(.timeLimit(.minutes(1)), arguments: harmful.indices)
    func `a template over a limit is treated as none, soon`(_ index: Int) {
        let start = ContinuousClock.now
        let values = ["name": "Ada", "long": Self.long, "wide": "\(Self.wide)"]
        let output = PromptTemplate(Self.harmful[index] + "{{name}}").render(values)
        let isKept = output == Self.harmful[index].replacing("{{ wide }}", with: Self.wide) + "Ada"
        #expect(isKept, "\(output.prefix(100))")
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `chains and nesting within the limits work`() {
        let open = String(repeating: "(", count: 60)
        let close = String(repeating: ")", count: 60)
        #expect(PromptTemplate("{{ \(open)name\(close) }}").render(Self.values) == "Ada")
        let blocks = String(repeating: "{% if true %}", count: 60) + "x" + String(repeating: "{% endif %}", count: 60)
        #expect(PromptTemplate(blocks).render([:]) == "x")
        let sum = Array(repeating: "1", count: 20_000).joined(separator: " + ")
        #expect(PromptTemplate("{{ \(sum) }}").render([:]) == "20000")
        let filters = String(repeating: "|upper", count: 20_000)
        #expect(PromptTemplate("{{ name\(filters) }}").render(Self.values) == "ADA")
        let nots = String(repeating: "not ", count: 20_000)
        #expect(PromptTemplate("{{ \(nots)name }}").render(Self.values) == "True")
    }

    @Test func `names that would take a broken text over the limit stay`() {
        let wide = String(repeating: "w", count: 400_000)
        let output = PromptTemplate("{{wide}}{{wide}}{{wide}}{{name}}{%").render(["wide": wide, "name": "Ada"])
        let isCut = output == wide + wide + "{{wide}}Ada{%"
        #expect(isCut, "\(output.utf8.count)")
    }
}
