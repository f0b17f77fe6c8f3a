import Agents
import Testing

/// What Jinja2 3.1.6 makes of templates, with ChainableUndefined. It was given the same values, and those that are JSON
/// objects and arrays as dictionaries and lists that are written out as their text.
@Suite struct PromptTemplateTests {
    static let values = [
        "name": "ada lovelace",
        "city": "杭州",
        "empty": "",
        "n": "42",
        "f": "2.675",
        "neg": "-7",
        "p": #"{"name": "Ada", "age": 36, "can": ["math", "code"], "at": {"city": "Rome"}, "vip": true, "note": null}"#,
        "xs": #"["b", "a", "C", "a"]"#,
        "people": #"[{"n": "Ann", "a": 31}, {"n": "bob", "a": 25}, {"n": "Cy", "a": 40}]"#,
        "nums": "[3, 1.5, 2, 10]",
        "html": #"<a href='x'>"T&C"</a>"#,
        "tpl": "{{ name }} {% if %}",
        "pad": "  a b\n ",
        "long": "The quick brown fox jumps over the lazy dog",
        "hy": "hello-world (foo) 'bar baz'",
        "none_list": "[]",
    ]

    static let cases: [(template: String, expected: String)] = [
        ("Hello {{ name }}!", "Hello ada lovelace!"),
        ("Hello {{name}}{{name}}", "Hello ada lovelaceada lovelace"),
        ("{{ missing }}|", "|"),
        (
            "{{ p }}",
            #"{"name": "Ada", "age": 36, "can": ["math", "code"], "at": {"city": "Rome"}, "vip": true, "note": null}"#
        ),
        ("{{ tpl }}", "{{ name }} {% if %}"),
        ("{{ city }} {{ 城市 }}", "杭州 "),
        (
            "{{ p.name }} {{ p['age'] }} {{ p.can[0] }} {{ p.can.1 }} {{ p.can[-1] }} {{ p.at.city }}",
            "Ada 36 math code code Rome"
        ),
        ("{{ p.vip }} {{ p.note }} {{ p.nope }}", "True None "),
        ("{{ p.nope.deeper.still }}|{{ missing.x[3].y }}|", "||"),
        ("{{ name[0] }}{{ name[-1] }}{{ name[99] }}", "ae"),
        ("{% if name %}yes{% else %}no{% endif %}", "yes"),
        ("{% if empty %}yes{% else %}no{% endif %}", "no"),
        ("{% if missing %}a{% elif city %}b{% else %}c{% endif %}", "b"),
        ("{% if n == '42' and not empty %}ok{% endif %}", "ok"),
        ("{% if p.age > 30 and p.age < 40 %}thirties{% endif %}", "thirties"),
        ("{% if p.age >= 36 or missing %}x{% endif %}", "x"),
        ("{% if 'math' in p.can %}m{% endif %}{% if 'x' not in p.can %}n{% endif %}", "mn"),
        ("{% if 'love' in name %}l{% endif %}", "l"),
        (#"{% if p.name in ['Ada', "Bob"] %}in{% endif %}"#, "in"),
        (
            "{% if 'age' in p %}has{% endif %}{% if 1 in nums %}one{% endif %}{% if 3 in nums %}three{% endif %}",
            "hasthree"
        ),
        ("{% if missing is defined %}d{% else %}u{% endif %} {% if name is defined %}d{% endif %}", "u d"),
        ("{% if missing is not defined %}nd{% endif %}", "nd"),
        ("{% if p.note is none %}none{% endif %} {% if p is mapping %}map{% endif %}", "none map"),
        ("{% if name is string %}s{% endif %} {% if p.age is number %}n{% endif %}", "s n"),
        ("{% if xs is sequence and xs is iterable %}s{% endif %} {% if p.age is even %}e{% endif %}", "s e"),
        ("{% if 3 is odd %}o{% endif %}", "o"),
        (#"{% if n != "42" %}a{% else %}b{% endif %}"#, "b"),
        ("{% if not (a or b) %}neither{% endif %}", "neither"),
        ("{% if 1 < 2 < 3 %}chain{% endif %}{% if 1 < 3 < 2 %}bad{% endif %}", "chain"),
        ("{% for x in xs %}{{ x }},{% endfor %}", "b,a,C,a,"),
        (
            "{% for x in xs %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1/4:b, 2/4:a, 3/4:C, 4/4:a"
        ),
        (
            "{% for x in xs %}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }} {% endfor %}",
            "0TrueFalse4 1FalseFalse3 2FalseFalse2 3FalseTrue1 "
        ),
        ("{% for x in none_list %}x{% else %}empty{% endfor %}", "empty"),
        ("{% for x in missing %}x{% else %}none{% endfor %}", "none"),
        (
            "{% for q in people %}{{ q.n }} ({{ q.a }}){{ '; ' if not loop.last }}{% endfor %}",
            "Ann (31); bob (25); Cy (40)"
        ),
        ("{% for q in people if q.a > 30 %}{{ loop.index }}{{ q.n }} {% else %}-{% endfor %}", "1Ann 2Cy "),
        ("{% for k in p.at %}{{ k }}={{ p.at[k] }}{% endfor %}", "city=Rome"),
        ("{% for k, v in p.at.items() %}{{ k }}={{ v }}{% endfor %}", "city=Rome"),
        ("{% for k, v in p.at|items %}{{ k }}={{ v }}{% endfor %}", "city=Rome"),
        (
            "{% for x in xs %}{% for t in p.can %}{{ x }}{{ t[0] }} {% endfor %}{{ loop.index }}{% endfor %}",
            "bm bc 1am ac 2Cm Cc 3am ac 4"
        ),
        ("{% for c in 'añ' %}[{{ c }}]{% endfor %}", "[a][ñ]"),
        ("{% set x = 5 %}{{ x }}{% set x = x + 1 %}{{ x }}", "56"),
        ("{% set x = 1 %}{% for i in xs %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "22221"),
        ("{% if name %}{% set g = 'hi' %}{% endif %}{{ g }}", "hi"),
        ("a{# comment {{ name }} #}b", "ab"),
        ("a {#- c -#} b", "ab"),
        ("{% raw %}{{ name }} {% if %}{% endraw %}", "{{ name }} {% if %}"),
        ("a {%- raw -%} {{x}} {%- endraw -%} b", "a{{x}}b"),
        ("a\n  {%- if name %}\n  b\n  {%- endif %}\nc", "a\n  b\nc"),
        ("a  {{- name -}}  b", "aada lovelaceb"),
        (
            "<ul>\n{% for x in xs -%}\n  <li>{{ x }}</li>\n{% endfor -%}\n</ul>\n",
            "<ul>\n<li>b</li>\n<li>a</li>\n<li>C</li>\n<li>a</li>\n</ul>"
        ),
        ("{%+ if name +%} x {%+ endif %}", " x "),
        ("line1\r\nline2 {{ city }}\r\n", "line1\nline2 杭州"),
        ("{{ name }}\n\n", "ada lovelace\n"),
        ("{{ missing|default('d') }} {{ empty|default('d') }}| {{ empty|default('d', true) }}", "d | d"),
        ("{{ name|default('d') }} {{ p.note|default('d') }} {{ p.note|d('d', boolean=true) }}", "ada lovelace None d"),
        ("{{ missing|default }}|", "|"),
        ("{{ xs|default('-') }}", #"["b", "a", "C", "a"]"#),
        (
            "{{ name|upper }} {{ name|upper|lower }} {{ name|title }} {{ name|capitalize }}",
            "ADA LOVELACE ada lovelace Ada Lovelace Ada lovelace"
        ),
        (
            "{{ hy|title }}|{{ 'ß straße'|upper }}|{{ 'ÀÉ'|lower }}|{{ 'ǆabc'|capitalize }}",
            "Hello-World (Foo) 'bar Baz'|SS STRASSE|àé|ǅabc"
        ),
        ("[{{ pad|trim }}] [{{ 'xxaxx'|trim('x') }}]", "[a b] [a]"),
        ("{{ name|length }} {{ xs|count }} {{ p|length }} {{ city|length }} {{ missing|length }}", "12 4 6 2 0"),
        (
            "{{ xs|join(', ') }} {{ xs|join }} {{ people|join('/', attribute='n') }} {{ nums|join(' ') }}",
            "b, a, C, a baCa Ann/bob/Cy 3 1.5 2 10"
        ),
        ("{{ 'abc'|join('-') }}", "a-b-c"),
        (
            "{{ name|replace('a', 'o') }} {{ name|replace('a', 'o', 1) }} {{ city|replace('杭', '') }}",
            "odo loveloce oda lovelace 州"
        ),
        ("{{ 'aaa'|replace('aa','b') }} {{ n|replace(4, 5) }}", "ba 52"),
        ("{{ xs|first }} {{ xs|last }} {{ none_list|first }}| {{ name|first }}{{ name|last }}", "b a | ae"),
        (
            "{{ n|int + 1 }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ '3.9'|int }} {{ ' 12 '|int }} {{ none|int(1) }}",
            "43 0 7 3 12 1"
        ),
        ("{{ '-5'|int }}", "-5"),
        (
            "{{ f|float }} {{ 'x'|float }} {{ 'x'|float(1.5) }} {{ n|float }} {{ p.age|float }}",
            "2.675 0.0 1.5 42.0 36.0"
        ),
        ("{{ 2.675|round(2) }} {{ 2.5|round }} {{ 3.5|round }} {{ 42.55|round(1) }}", "2.67 2.0 4.0 42.5"),
        (
            "{{ 42.4|round(method='ceil') }} {{ 42.56|round(1, 'floor') }} {{ 7|round }} {{ 42.55|round(1,'ceil') }}",
            "43.0 42.5 7 42.6"
        ),
        ("{{ -5|abs }} {{ neg|int|abs }} {{ (-2.5)|abs }} {{ 0|abs }}", "5 7 2.5 0"),
        ("{{ 'abc'|list|length }}", "3"),
        ("{{ xs|sort|join(',') }} {{ xs|sort(reverse=true)|join(',') }}", "a,a,b,C C,b,a,a"),
        (
            "{{ xs|sort(case_sensitive=true)|join(',') }} {{ nums|sort|join(',') }} {{ nums|sort(true)|join(',') }}",
            "C,a,a,b 1.5,2,3,10 10,3,2,1.5"
        ),
        ("{{ people|sort(attribute='a')|join(',', 'n') }}", "bob,Ann,Cy"),
        ("{{ people|sort(attribute='n', reverse=true)|map(attribute='n')|join(',') }}", "Cy,bob,Ann"),
        ("{{ xs|unique|join(',') }} {{ xs|unique(true)|join(',') }} {{ 'aAb'|unique|join }}", "b,a,C b,a,C ab"),
        ("{{ name|reverse }} {{ xs|reverse|join(',') }} {{ '杭州🏯'|reverse }}", "ecalevol ada a,C,a,b 🏯州杭"),
        (
            "{{ long|truncate(20) }} {{ long|truncate(20, true) }} {{ long|truncate(20, false, '…') }}",
            "The quick brown... The quick brown f... The quick brown…"
        ),
        (
            "{{ long|truncate(40) }} {{ long|truncate(20, leeway=0, end='') }}",
            "The quick brown fox jumps over the lazy dog The quick brown fox"
        ),
        (
            "{{ long|truncate }} {{ 'abcdefghijklmnop'|truncate(9) }}",
            "The quick brown fox jumps over the lazy dog abcdef..."
        ),
        (
            "{{ p|tojson }}",
            #"{"age": 36, "at": {"city": "Rome"}, "can": ["math", "code"], "name": "Ada", "note": null, "vip": true}"#
        ),
        (
            "{{ name|tojson }} {{ city|tojson }} {{ html|tojson }} {{ true|tojson }} {{ none|tojson }}",
            #""ada lovelace" "\u676d\u5dde" "\u003ca href=\u0027x\u0027\u003e\"T\u0026C\"\u003c/a\u003e" true null"#
        ),
        (#"{{ 1.5|tojson }} {{ 'a"b\\c\nd🏯'|tojson }}"#, #"1.5 "a\"b\\c\nd\ud83c\udfef""#),
        ("{{ html|escape }}", "&lt;a href=&#39;x&#39;&gt;&#34;T&amp;C&#34;&lt;/a&gt;"),
        ("{{ html|e }}", "&lt;a href=&#39;x&#39;&gt;&#34;T&amp;C&#34;&lt;/a&gt;"),
        ("{{ long|wordcount }} {{ 'a-b c_d 你好'|wordcount }} {{ ''|wordcount }}", "9 4 0"),
        (
            "{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 - 0.5 }}",
            "7 9 3.5 3 -4 2 7.0"
        ),
        ("{{ 6 / 3 }} {{ 2 * -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}", "2.0 -6 3.0 0.5"),
        ("{{ 'a' ~ 1 ~ none ~ missing ~ 'b' }} {{ 'a' + 'b' }}", "a1Noneb ab"),
        ("{{ 'yes' if vip else 'no' }} {{ 'yes' if p.vip }} {{ 'x' if missing }}|", "no yes |"),
        (
            "{{ empty or 'fallback' }} {{ name and 'given' }} {{ missing or none or 0 }} {{ not name }}",
            "fallback given 0 False"
        ),
        ("{{ not missing }}", "True"),
        ("{{ true }} {{ False }} {{ none }} {{ None }} {{ True }}", "True False None None True"),
        (
            "{{ 1.0 }} {{ 3.14 }} {{ 100000000000000000 }} {{ 0.1 + 0.2 }} {{ 1 == 1.0 }} {{ true == 1 }}",
            "1.0 3.14 100000000000000000 0.30000000000000004 True True"
        ),
        (
            "{{ 10000000000.0 * 1000000 }} {{ 1 / 3 }} {{ 1 / 100000 }} {{ 123456789.0 * 1000000000 }}",
            "1e+16 0.3333333333333333 1e-05 1.23456789e+17"
        ),
        (#"{{ 'it\'s' }} {{ "tab\there" }} {{ 'a\\b' }} {{ '}}' }} {{ '%}' }}"#, "it's tab\there a\\b }} %}"),
        ("{{ p['at']['city']|upper }} {{ (name|upper)[0] }} {{ ['x','y'][1] }} {{ (1, 2)|length }}", "ROME A y 2"),
        ("{{ name|upper|replace('A','4')|truncate(6, true, '') }}", "4D4 LO"),
        (
            "{% if name|length > 5 %}long{% endif %} {% if xs|length == 4 and xs|first == 'b' %}four{% endif %}",
            "long four"
        ),
        ("{% if name|upper == 'ADA LOVELACE' %}U{% endif %}", "U"),
        ("{% for x in xs|sort|unique %}{{ x }}{% endfor %}", "abC"),
        ("{{ n ~ '!' }}{{ '%s' }}{{ '{{ name }}' }}", "42!%s{{ name }}"),
        ("{{ people[0].n }}{{ people[0]['a'] + 1 }}{{ people|length }}", "Ann323"),
        ("{{ people|map(attribute='n')|join('+') }} {{ people|map(attribute='a')|list|length }}", "Ann+bob+Cy 3"),
        ("{{ not true or true }} {{ not (true or true) }} {{ 1 in [1,2] and 2 not in [1] }}", "True False True"),
        ("{{ 'a' not in 'abc' }}", "False"),
        ("{{ xs|join(', ')|upper|length }}", "10"),
        ("{{ 'A' if n|int > 40 else 'B' if n|int > 20 else 'C' }}", "A"),
        ("{{ - 3 + 5 }} {{ --3 }} {{ +3 }} {{ 2 - -1 }}", "2 3 3 3"),
        (
            "{{ [1,2]+[3] == [1,2,3] }} {{ [] == [] }} {{ p.can == ['math','code'] }} {{ missing == none }}",
            "True True True False"
        ),
        ("{{ p.note == none }}", "True"),
        ("{{ 'b' > 'a' }} {{ 'B' < 'a' }} {{ 'é' > 'z' }} {{ 1 <= 1 }} {{ 2 >= 3 }}", "True True True True False"),
        (
            "{{ missing is undefined }} {{ none is none }} {{ true is boolean }} {{ 1.5 is float }}",
            "True True True True"
        ),
        ("{{ 1 is integer }} {{ true is true }} {{ 1 is true }} {{ 'a' is not number }}", "True True False True"),
        ("{% set items = people %}{% for i in items if i.a != 25 %}{{ i.n }}{% endfor %}", "AnnCy"),
        ("{{ '' is defined }}{{ name is defined and name }}", "Trueada lovelace"),
        ("{% for x in (1,2,3) %}{{ x }}{% endfor %}{% for x in [] %}{% endfor %}", "123"),
        ("{{ html|safe }} {{ 5|string|length }}", #"<a href='x'>"T&C"</a> 1"#),
        ("Line\n{% if true %}\nyes\n{% endif %}\nend\n", "Line\n\nyes\n\nend"),
        ("{% if true %}{% if false %}a{% elif true %}b{% endif %}{% endif %}", "b"),
        ("{{ (missing or [])|length }}{{ (1)|default(2) }}", "01"),
        ("{{ p.can|join(' & ') }} — {{ p.at.city|default('?') }}", "math & code — Rome"),
        ("{{ 1 if 0 }}|{{ '0'|int is even }}", "|True"),
    ]

    @Test(arguments: cases)
    func `a template renders as in Jinja2`(_ template: String, _ expected: String) {
        #expect(PromptTemplate(template).render(Self.values) == expected)
    }
}
