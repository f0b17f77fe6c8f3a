// Takes the token out of the printed link into the form. It stands behind the #, which browsers keep to themselves, and
// is removed there, so that it stays neither in the address bar nor among the addresses that were visited.

const field = document.getElementById("token");

function takeToken() {
    const fragment = location.hash.slice(1);
    const token = new URLSearchParams(fragment).get("token");
    if (!token) return;
    history.replaceState(null, "", location.pathname + location.search);
    field.value = token;
    // Nothing is to be done about it, and nobody should read it over somebody's shoulder.
    document.getElementById("token-field").hidden = true;
    document.getElementById("user_name").focus();
    // In another language the page is another; browsers keep what is behind the # on the way there.
    const language = document.querySelector("form[action^='/language']");
    language?.setAttribute("action", `/language#${fragment}`);
}

// The link may also be put into the address bar of this very page, which does not load it anew.
addEventListener("hashchange", takeToken);
takeToken();
