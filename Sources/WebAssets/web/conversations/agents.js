// The agents by which conversations are chosen.
import { everything } from "../access/numbered.js";
import { fill, h } from "../lib/dom.js";
import { workspaces } from "../lib/page.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { all: "All agents", unknown: "Agent {id}" },
  zh: { all: "所有智能体", unknown: "智能体 {id}" },
});

/** More agents of a workspace nobody looks for in a list. */
const MOST = 500;

/** Fills a list to choose from with the agents of all workspaces. */
export async function loadAgents(choice) {
  const groups = await Promise.all((await workspaces()).map(async (workspace) => ({
    name: workspace.name,
    agents: await everything("/v1/bots", { workspace_id: workspace.id, publish_status: "all" }, { size: 100, most: MOST }),
  })));
  const filled = groups.filter((group) => group.agents.length > 0);
  const options = filled.map((group) => {
    const own = group.agents.map((agent) => h("option", { value: agent.id }, agent.name));
    return filled.length > 1 ? h("optgroup", { label: group.name }, own) : own;
  });
  const chosen = choice.value;
  fill(choice, h("option", { value: "" }, t("all")), options);
  choose(choice, chosen);
}

/** Chooses an agent, also one that the list does not name. */
export function choose(choice, id) {
  choice.value = id;
  if (choice.value === id) return;
  choice.append(h("option", { value: id }, t("unknown", { id })));
  choice.value = id;
}

export const agentChoice = (properties) => h("select", properties, h("option", { value: "" }, t("all")));
