// Finding a person by name or e-mail address, to add them somewhere.
import { get } from "../lib/api.js";
import { dialog, field, form, input, refuse, select } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { person: "User name or e-mail", role: "Role", unknown: "There is no such person on this server." },
  zh: { person: "用户名或邮箱", role: "角色", unknown: "本服务器上没有该用户。" },
});

/** Who has this name or address; undefined if nobody. */
export async function findPerson(text) {
  const words = text.trim();
  try {
    return await get("/buckle/v1/accounts/find", words.includes("@") ? { email: words } : { user_name: words });
  } catch (error) {
    if (error.code === 4200) return undefined;
    throw error;
  }
}

/**
 * Asks for a person and, unless there are none to choose from, a role.
 * @param roles [[value, label], …]  @param work(person, role) what is then done; the dialog stays open if it fails
 */
export async function askForPerson(title, roles, work) {
  const person = input({ autocapitalize: "none", spellcheck: "false" });
  const role = select(roles);
  const shown = dialog(title, form([
    field(t("person"), person, { required: true }), roles.length > 1 ? field(t("role"), role) : null,
  ], title, async () => {
    const found = await findPerson(person.value);
    if (!found) return refuse(person, t("unknown"));
    await work(found, role.value);
    shown.close(true);
  }));
  return shown.done;
}
