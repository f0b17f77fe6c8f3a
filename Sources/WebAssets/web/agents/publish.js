// Publishing an agent, and taking it offline.
import { post } from "../lib/api.js";
import { checkbox, confirm, dialog, form, h, textarea, toast } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { CHANNELS, draft, publishBot, version } from "./bots.js";
import { differences } from "./compare.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Publish {name}", publish: "Publish", note: "What has changed",
    noteHint: "The versions are listed with it. May be left empty.",
    channels: "Publish to", first: "This agent is not online yet. Publishing makes the draft its first version.",
    again: "This agent is offline. Publishing puts the draft online.",
    changes: "What differs from the version that is online", one: "Choose at least one channel.",
    done: "The agent is published.", open: "Open the chat page",
    offline: "Take {name} offline in the channel {channel}?",
    offlineText: "Whoever talks to it there is refused from now on. It can be published again at any time.",
    takeOffline: "Take offline", isOffline: "The agent is offline in the channel {channel}.",
  },
  zh: {
    title: "发布“{name}”", publish: "发布", note: "更新说明", noteHint: "会显示在版本列表中，可以留空。",
    channels: "发布渠道", first: "该智能体尚未上线。发布后，草稿将成为第一个版本。",
    again: "该智能体已下线。发布后，草稿将上线。",
    changes: "与线上版本的差异", one: "请至少选择一个渠道。",
    done: "智能体已发布。", open: "打开对话页", offline: "在渠道“{channel}”下线“{name}”？",
    offlineText: "此后该渠道的用户将无法与它对话。可随时重新发布。",
    takeOffline: "下线", isOffline: "智能体已在渠道“{channel}”下线。",
  },
});

/** The version that is online for most, which is the API's; an empty text for none. */
export function onlineVersion(bot) {
  const channels = bot.online_channels;
  return (channels.find((one) => one.connector_id === CHANNELS[0][0]) ?? channels.at(-1))?.version ?? "";
}

export const channelName = (id) => CHANNELS.find(([known]) => known === id)?.[1] ?? id;

/** Asks how to publish what is saved, and does it. @returns whether it was published */
export async function publish(id) {
  const bot = await draft(id);
  const online = onlineVersion(bot);
  const changes = online ? differences(await version(id, online), bot, "h4").element : null;
  const note = textField(t("note"), textarea({ rows: 3 }), { most: 2000, hint: t("noteHint") });
  const boxes = CHANNELS.map(([channel, name]) => ({ channel, ...checkbox(name, { checked: true }) }));
  const shown = dialog(t("title", { name: bot.name }), form([
    changes ? [h("h3", t("changes")), changes] : h("p.note", t(bot.latest_version ? "again" : "first")),
    note.element, h("fieldset.stack", h("legend", t("channels")), boxes.map((box) => box.element)),
  ], t("publish"), async () => {
    const chosen = boxes.filter((box) => box.input.checked).map((box) => box.channel);
    if (chosen.length === 0) return toast(t("one"), { kind: "bad" });
    if (!note.check()) return;
    shown.close(await publishBot(id, chosen, note.value()));
  }));
  shown.element.classList.add("wide-dialog");
  if (!(await shown.done)) return false;
  toast(t("done"), { action: { label: t("open"), run: () => location.assign(`/chat/${id}`) }, seconds: 15 });
  return true;
}

/** Takes an agent offline in one channel. @returns whether it was done */
export async function takeOffline(bot, connector) {
  const channel = channelName(connector);
  if (!(await confirm(t("offline", { name: bot.name, channel }), t("offlineText"), t("takeOffline")))) return false;
  await post(`/v1/bots/${bot.bot_id}/unpublish`, { connector_id: connector });
  toast(t("isOffline", { channel }));
  return true;
}
