// What was used: chats, tokens, times and errors of the workspace by day, agent and model; requests of the server.
import { everything } from "../access/numbered.js";
import { choose } from "../conversations/agents.js";
import { get } from "../lib/api.js";
import { busy, field, fill, h, select, table } from "../lib/dom.js";
import { isOperator, page, query, showWorkspaces, workspace } from "../lib/page.js";
import { formatDuration, formatNumber, language, texts } from "../lib/text.js";
import { chart } from "../usage/chart.js";

const t = texts({
  en: {
    period: "Period", day: "Last 24 hours", week: "Last 7 days", month: "Last 30 days", quarter: "Last 90 days", year: "Last 365 days",
    agent: "Agent", model: "Model", allAgents: "All agents", allModels: "All models", chats: "Chats", completed: "Completed",
    failed: "Failed", canceled: "Stopped", tokens: "Tokens", input: "Question (input)", output: "Answer (output)",
    firstToken: "Time to the first token", duration: "Time of an answer", p50: "half are faster (p50)", p95: "of 20, 19 are faster (p95)",
    byAgent: "By agent", byModel: "By model", errors: "Errors", none: "Nothing was used in this time.", deleted: "deleted agent {id}",
    server: "Requests to the whole server", requests: "Requests", refused: "Refused (4xx and codes)", broken: "Server errors (5xx)",
    byRoute: "By operation", route: "Operation", average: "Average", unknown: "no operation", replyTime: "Time until a reply begins", defaultModel: "default",
    note: "Counted as chats end; the newest few seconds may be missing. Percentiles are estimates.", succeeded: "Succeeded",
  },
  zh: {
    period: "时间范围", day: "最近 24 小时", week: "最近 7 天", month: "最近 30 天", quarter: "最近 90 天", year: "最近 365 天",
    agent: "智能体", model: "模型", allAgents: "全部智能体", allModels: "全部模型", chats: "对话次数", completed: "成功",
    failed: "失败", canceled: "已停止", tokens: "Token 用量", input: "输入", output: "输出",
    firstToken: "首个 Token 用时", duration: "回答用时", p50: "50% 快于此值（p50）", p95: "95% 快于此值（p95）",
    byAgent: "按智能体", byModel: "按模型", errors: "错误", none: "此时间段内没有用量。", deleted: "已删除的智能体 {id}",
    server: "整个服务器的请求", requests: "请求数", refused: "被拒绝（4xx 及错误码）", broken: "服务器错误（5xx）",
    byRoute: "按接口", route: "接口", average: "平均", unknown: "不存在的接口", replyTime: "开始响应用时", defaultModel: "默认",
    note: "对话结束时计数，最近几秒的数据可能尚未计入。百分位数为估算值。", succeeded: "成功",
  },
});

const DAY = 86400;
const PERIODS = { day: DAY, week: 7 * DAY, month: 30 * DAY, quarter: 90 * DAY, year: 365 * DAY };
const offset = -new Date().getTimezoneOffset() * 60;
const locale = language === "zh" ? "zh-CN" : "en";

/** All buckets from the period's beginning to now, those without figures too. */
function series(items, period, values) {
  const isHours = period === "day";
  const size = isHours ? 3600 : DAY;
  const found = new Map(items.map((item) => [item.time, item]));
  // Buckets begin by the clock as it is set now, also where it was set otherwise then: so are they called.
  const label = new Intl.DateTimeFormat(locale, {
    timeZone: "UTC", ...(isHours ? { hour: "2-digit", minute: "2-digit" } : { month: "numeric", day: "numeric" }),
  });
  const last = Math.floor((Date.now() / 1000 + offset) / size) * size - offset;
  const points = [];
  for (let time = last - PERIODS[period] + size; time <= last; time += size) {
    const item = found.get(time);
    points.push({ label: label.format(new Date((time + offset) * 1000)), values: item ? values(item) : {} });
  }
  return points;
}

const card = (title, value) => h("div.card", h("p.muted.small", title), h("p.figure", value));

async function chats(element, place, period, bot, model) {
  const asked = { workspace_id: place.id, from: Math.floor(Date.now() / 1000) - PERIODS[period], utc_offset: offset, bot_id: bot, model_id: model };
  const [times, bots, models] = await Promise.all([
    get("/buckle/v1/usage", { ...asked, group_by: period === "day" ? "hour" : "day" }),
    get("/buckle/v1/usage", { ...asked, group_by: "bot" }), get("/buckle/v1/usage", { ...asked, group_by: "model" }),
  ]);
  const total = times.total;
  if (total.chats === 0) return fill(element, h("p.empty.card", t("none")));
  const rows = (title, first, items) => {
    const list = table([
      { title: first, cell: (one) => one.title },
      { title: t("chats"), kind: "number", cell: (one) => formatNumber(one.chats) },
      { title: t("failed"), kind: "number", cell: (one) => formatNumber(one.failed) },
      { title: t("input"), kind: "number", cell: (one) => formatNumber(one.input_tokens) },
      { title: t("output"), kind: "number", cell: (one) => formatNumber(one.output_tokens) },
      { title: t("firstToken"), kind: "number", cell: (one) => (one.first_token_ms ? formatDuration(one.first_token_ms.p50) : "–") },
      { title: t("duration"), kind: "number", cell: (one) => (one.duration_ms ? formatDuration(one.duration_ms.p50) : "–") },
    ]);
    list.set(items);
    return h("section", h("h2", title), list.element);
  };
  return fill(element,
    h("div.figures", card(t("chats"), formatNumber(total.chats)), card(t("failed"), formatNumber(total.failed)),
      card(t("tokens"), formatNumber(total.input_tokens + total.output_tokens)),
      card(t("firstToken"), total.first_token_ms ? formatDuration(total.first_token_ms.p50) : "–")),
    h("div.columns",
      chart(t("chats"), series(times.items, period, (one) => ({ completed: one.completed, canceled: one.canceled, failed: one.failed })), [
        { name: "completed", title: t("completed"), kind: "bar", color: 1 }, { name: "canceled", title: t("canceled"), kind: "bar", color: 2 },
        { name: "failed", title: t("failed"), kind: "bar", color: 3 },
      ], formatNumber),
      chart(t("tokens"), series(times.items, period, (one) => ({ input: one.input_tokens, output: one.output_tokens })), [
        { name: "input", title: t("input"), kind: "bar", color: 1 }, { name: "output", title: t("output"), kind: "bar", color: 4 },
      ], formatNumber),
      chart(t("firstToken"), series(times.items, period, (one) => ({ p50: one.first_token_ms?.p50, p95: one.first_token_ms?.p95 })), [
        { name: "p50", title: t("p50"), kind: "line", color: 1 }, { name: "p95", title: t("p95"), kind: "line", color: 2 },
      ], formatDuration),
      chart(t("duration"), series(times.items, period, (one) => ({ p50: one.duration_ms?.p50, p95: one.duration_ms?.p95 })), [
        { name: "p50", title: t("p50"), kind: "line", color: 1 }, { name: "p95", title: t("p95"), kind: "line", color: 2 },
      ], formatDuration)),
    rows(t("byAgent"), t("agent"), bots.items.map((one) => ({ ...one, title: one.bot_name || t("deleted", { id: one.bot_id }) }))),
    rows(t("byModel"), t("model"), models.items.map((one) => ({ ...one, title: one.model_id || t("defaultModel") }))),
    h("p.muted.small", t("note")));
}

async function requests(element, period) {
  const asked = { from: Math.floor(Date.now() / 1000) - PERIODS[period], utc_offset: offset };
  const [times, routes] = await Promise.all([
    get("/buckle/v1/usage/requests", { ...asked, group_by: period === "day" ? "hour" : "day" }),
    get("/buckle/v1/usage/requests", { ...asked, group_by: "route" }),
  ]);
  const list = table([
    { title: t("route"), cell: (one) => (one.route ? h("code.small", one.route) : t("unknown")) },
    { title: t("requests"), kind: "number", cell: (one) => formatNumber(one.requests) },
    { title: t("errors"), kind: "number", cell: (one) => formatNumber(one.errors) },
    { title: t("average"), kind: "number", cell: (one) => (one.duration_ms ? formatDuration(one.duration_ms.average) : "–") },
    { title: "p95", kind: "number", cell: (one) => (one.duration_ms ? formatDuration(one.duration_ms.p95) : "–") },
  ]);
  list.set(routes.items.filter((one) => !one.route?.includes("/assets/")).sort((a, b) => b.requests - a.requests));
  fill(element, h("h2", t("server")), h("div.columns",
    chart(t("requests"), series(times.items, period, (one) => ({
      fine: one.requests - one.errors, refused: one.errors - one.server_errors, broken: one.server_errors,
    })), [
      { name: "fine", title: t("succeeded"), kind: "bar", color: 1 }, { name: "refused", title: t("refused"), kind: "bar", color: 2 },
      { name: "broken", title: t("broken"), kind: "bar", color: 3 },
    ], formatNumber),
    chart(t("replyTime"), series(times.items, period, (one) => ({ p50: one.duration_ms?.p50, p95: one.duration_ms?.p95 })), [
      { name: "p50", title: t("p50"), kind: "line", color: 1 }, { name: "p95", title: t("p95"), kind: "line", color: 2 },
    ], formatDuration)), h("h3", t("byRoute")), list.element);
}

/** The agents that the filter offers: those of the workspace. */
async function agents(place) {
  const found = await everything("/v1/bots", { workspace_id: place.id, publish_status: "all" }, { size: 100 });
  return found.map((one) => [one.id, one.name]);
}

page(async (view) => {
  await showWorkspaces();
  const place = await workspace();
  const [{ models }, bots] = await Promise.all([get("/buckle/v1/models"), agents(place)]);
  const period = select(Object.keys(PERIODS).map((one) => [one, t(one)]), { value: PERIODS[query.get("period")] ? query.get("period") : "week" });
  const bot = select([["", t("allAgents")], ...bots]);
  choose(bot, query.get("bot_id") ?? "");
  const model = select([["", t("allModels")], ...models.map((one) => [one.id, one.name])]);
  const shown = h("div.content");
  const server = h("section.content");
  const show = () => busy(view, async () => {
    await chats(shown, place, period.value, bot.value, model.value);
    if (isOperator) await requests(server, period.value);
  });
  for (const control of [period, bot, model]) control.addEventListener("change", show);
  view.append(h("div.fields", field(t("period"), period), field(t("agent"), bot), field(t("model"), model)), shown, server);
  await show();
});
