// What every page of the console starts with: who looks at it, and in which workspace.
import { get } from "./api.js";
import { fill, h, select, showError } from "./dom.js";
import { texts } from "./text.js";

const t = texts({ en: { workspace: "Workspace" }, zh: { workspace: "工作空间" } });

const user = document.querySelector("meta[name=user]");
/** The id of who is signed in. */
export const userID = user?.content ?? "";
/** Whether they manage the server. */
export const isOperator = user?.hasAttribute("data-operator") ?? false;
/** A part of an address as text. What is encoded wrongly stays as it is: nothing has such an id. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The parts of the page's path: ["agents", "123"]. */
export const path = location.pathname.split("/").filter(Boolean).map(decoded);
/** The page's query. */
export const query = new URLSearchParams(location.search);

let known;
/** The workspaces of who is signed in: [{id, name, role_type, workspace_type, …}]. */
export async function workspaces() {
  known ??= (async () => {
    const all = [];
    for (let number = 1; ; number += 1) {
      const page = await get("/v1/workspaces", { page_num: number, page_size: 50 });
      all.push(...page.workspaces);
      if (all.length >= page.total_count || page.workspaces.length === 0) return all;
    }
  })();
  return known;
}

/** The workspace that was chosen last; else the first. */
export async function workspace() {
  const all = await workspaces();
  return all.find((one) => one.id === localStorage.getItem("workspace")) ?? all[0];
}

export function chooseWorkspace(id) {
  localStorage.setItem("workspace", id);
}

/** Shows the choice of workspaces in the page's head. The page is loaded anew when it changes. */
export async function showWorkspaces() {
  const all = await workspaces();
  const place = document.getElementById("place");
  if (!place || all.length < 2) return;
  const chosen = await workspace();
  fill(place, select(all.map((one) => [one.id, one.name]), {
    value: chosen.id, "aria-label": t("workspace"),
    onchange: (event) => { chooseWorkspace(event.target.value); location.assign(location.pathname.split("/").slice(0, 2).join("/")); },
  }));
}

/** Puts the page's content in place of the frame's own, with its errors in sight. `make(view)` fills the element. */
export async function page(make, { title } = {}) {
  const view = document.getElementById("view");
  if (title) document.querySelector("main h1").textContent = title;
  const button = document.querySelector(".menu-button");
  button?.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  });
  try {
    const content = h("div.content");
    await make(content);
    fill(view, content);
  } catch (error) {
    fill(view, h("p.alert", { role: "alert" }, error.message));
    showError(error);
  }
  document.documentElement.dataset.ready = "yes";
}

/** Sets the page's heading and the window's title. */
export function setTitle(text) {
  document.querySelector("main h1").textContent = text;
  document.title = `${text} – Buckle`;
}
