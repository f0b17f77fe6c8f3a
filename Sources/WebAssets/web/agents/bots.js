// Calls about agents that several pages make.
import { ApiError, get, post } from "../lib/api.js";

/** The channels that an agent is published to: the API, and the Chat SDK. */
export const CHANNELS = [["1024", "API"], ["999", "Chat SDK"]];

/** @param settings what else is configured at once, as /v1/bot/create takes it. @returns the new agent's id */
export async function createBot(workspaceID, settings) {
  const { bot_id: id } = await post("/v1/bot/create", { ...settings, space_id: workspaceID });
  return id;
}

/** @returns the version */
export async function publishBot(id, connectors, changelog = "") {
  const body = { bot_id: id, connector_ids: connectors, changelog: changelog || undefined };
  const { version } = await post("/v1/bot/publish", body);
  return version;
}

const PAUSE = 300;

/** Copies an agent into a workspace, and waits until that is done. @returns the copy's id */
export async function copyBot(id, workspaceID) {
  const body = { entity_id: id, entity_type: "bot", to_workspace_id: workspaceID };
  const made = await post("/v1/entities/copy_tasks", body);
  if (made.copied_entity_id) return made.copied_entity_id;
  for (;;) {
    const task = await get(`/v1/entities/copy_tasks/${made.task_id}`);
    if (task.task_status === "successful") return task.target_entity_id;
    if (task.task_status === "failed") {
      throw new ApiError(task.failed_reasons.map((one) => one.failed_reason).join(" "));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

const SIZE = 30;

/** A page of an agent's versions: {items, next}, latest first. `number` counts them from the first one. */
export async function versions(id, page = 1) {
  const found = await get(`/v1/bots/${id}/versions`, { page_num: page, page_size: SIZE });
  const items = found.items.map((one, index) => ({ ...one, number: found.total - (page - 1) * SIZE - index }));
  return { items, next: found.has_more ? page + 1 : undefined };
}

export const version = (id, number) => get(`/buckle/v1/bots/${id}/versions/${number}`);
export const draft = (id) => get(`/buckle/v1/bots/${id}/draft`);
