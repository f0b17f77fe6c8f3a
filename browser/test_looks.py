"""What holds for every page without a script: languages, widths, contrast, labels."""

import os
import re

import pytest
import requests
from cozepy import DeviceOAuthApp, WebOAuthApp

# Finds texts whose contrast with what is behind them is under WCAG's AA, by WCAG's own formula.
CONTRAST = """() => {
    const parse = text => { const p = text.match(/[\\d.]+/g).map(Number); return p.length < 4 ? [...p, 1] : p };
    const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
    const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
    const behind = e => {
        for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] == 1) return c }
        return [255, 255, 255, 1];
    };
    const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    const found = []; let texts = 0;
    for (const e of document.body.querySelectorAll('*')) {
        const owns = [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim()) || e.matches('input:not([type=hidden])');
        if (!owns || !e.checkVisibility()) continue;
        texts += 1;
        const style = getComputedStyle(e), r = ratio(parse(style.color), behind(e));
        if (r < 4.5) found.push(`${e.outerHTML.slice(0, 80)}: ${r.toFixed(2)}`);
        if (e.matches('input[type=text], input[type=password], input[type=email], button:not(.primary)')) {
            const edge = ratio(parse(style.borderTopColor), behind(e.parentElement));
            if (edge < 3) found.push(`the edge of ${e.outerHTML.slice(0, 80)}: ${edge.toFixed(2)}`);
        }
    }
    return { texts, found };
}"""

SHOTS = os.environ.get("BUCKLE_SHOTS")
"""A directory for pictures of all pages, to be looked at; none are taken without it."""
FIRST_INSIDE = "device-code"
"""The first of the pages that is for those who have signed in."""
PLENTY = [
    "Workspace.createBot", "addMember", "createBot", "createDocument", "createKnowledge", "deleteDocument", "edit",
    "getMetadata", "listBot", "listDocument", "listKnowledge", "listWorkflow", "publish", "readMember", "run",
]

# Finds what has no name for those who do not see it, or no text at all.
UNNAMED = """() => [
    ...[...document.querySelectorAll('input:not([type=hidden])')].filter(e => !e.labels.length),
    ...[...document.querySelectorAll('button, a, label, h1, h2, legend, summary, dt, .alert, .note, p, li, title')]
        .filter(e => !e.textContent.trim()),
    ...(document.querySelectorAll('h1').length == 1 ? [] : [document.body]),
].map(e => e.outerHTML.slice(0, 100))"""


@pytest.fixture
def pages(make_app, target, server):
    """The paths of all pages, by name; those of who is signed in after those of who is not."""
    web = make_app("web", target.callback)
    device = DeviceOAuthApp(make_app("device")["client_id"], base_url=server.url)
    # A workspace's points are more than are shown unfolded.
    plenty = make_app("web", target.callback, name="Plenty", permissions=PLENTY)
    consent = [
        WebOAuthApp(app["client_id"], app["client_secret"], base_url=server.url)
        .get_oauth_url(target.callback, "x")[len(server.url):]
        for app in (web, plenty)
    ]
    return {
        "sign-in": "/sign-in",
        "not-found": "/register",
        "refused": "/api/permission/oauth2/authorize?client_id=1",
        "device-code": "/oauth/device",
        "device-unknown": "/oauth/device?user_code=BBBB-BBBB",
        "device": "/oauth/device?user_code=" + device.get_device_code().user_code,
        "consent": consent[0],
        "consent-plenty": consent[1],
        "expired": "/oauth/consent?authorize_key=x",
    }


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_page_can_be_read_and_used(open_visit, session, pages, locale):
    for scheme in ["light", "dark"]:
        visit = open_visit(locale=locale, color_scheme=scheme)
        for name, path in pages.items():
            if name == FIRST_INSIDE:
                visit.page.context.add_cookies([{"name": "buckle_session", "value": session, "url": visit.server.url}])
            visit.goto(path)
            if visit.page.locator("#some").count():
                visit.page.locator("#some").check()
            check(visit.page, f"{name}, {scheme}", {"en-US": "en", "zh-CN": "zh-CN"}[locale])


def check(page, name, language):
    assert page.locator("html").get_attribute("lang") == language
    measured = page.evaluate(CONTRAST)
    assert measured["texts"] >= 3 and measured["found"] == [], name
    assert page.evaluate(UNNAMED) == [], name
    assert page.locator("script, style, [style]").count() == 0
    for width in [360, 1280]:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name.replace(', ', '-')}-{language}-{width}.png", full_page=True)


def test_texts_are_chinese_for_those_who_read_it(open_visit, person):
    visit = open_visit(locale="zh-CN")
    visit.goto("/sign-in")
    assert visit.heading == "登录"
    visit.page.get_by_label("用户名或邮箱").fill(person.name)
    visit.page.get_by_label("密码").fill("wrong")
    visit.press("登录")
    assert "密码不正确" in visit.page.get_by_role("alert").inner_text()
    visit.page.get_by_label("密码").fill(person.password)
    visit.press("登录")
    visit.page.wait_for_url("**/agents")
    assert visit.heading == "智能体"


@pytest.mark.parametrize(
    "header, language",
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("en-US,en;q=0.9,zh;q=0.8", "en"), ("de,zh;q=0.5,en;q=0.4", "zh-CN"),
     ("fr", "en"), ("*", "en"), ("zh;q=0,en", "en"), ("ZH-hant", "zh-CN"), (";;,q=,-", "en"), ("", "en")],
)
def test_the_language_is_the_one_that_the_browser_likes_best(server, header, language):
    reply = requests.get(server.url + "/sign-in", headers={"Accept-Language": header})
    assert f'<html lang="{language}">' in reply.text


def test_the_keyboard_is_enough_and_shows_where_it_is(visit, person):
    visit.goto("/sign-in")
    page = visit.page
    page.wait_for_function("document.activeElement.tagName === 'INPUT'")
    page.keyboard.type(person.name)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Tab")
    ring = page.evaluate("(() => { const s = getComputedStyle(document.activeElement);"
                         " return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth)] })()")
    assert ring[0] == "BUTTON" and ring[1] == "solid" and ring[2] >= 2
    page.keyboard.press("Enter")
    page.wait_for_url("**/agents")
    assert visit.heading == "Agents"


def test_the_stylesheet_is_kept_and_everything_else_is_not(server):
    page = requests.get(server.url + "/sign-in")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    path = re.search(r'rel="stylesheet" href="(/assets/[^"]+)"', page.text).group(1)
    sheet = requests.get(server.url + path)
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert requests.get(server.url + path.replace("/assets/", "/assets/0")).status_code == 404
    plain = requests.get(server.url + path, headers={"Accept-Encoding": "identity"})
    assert sheet.headers["Content-Encoding"] == "gzip" and plain.text == sheet.text
    assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]
