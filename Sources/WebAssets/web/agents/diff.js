// What has changed between two texts, line by line.

/** More pairs of lines than this are not compared one by one: it would take too long. */
const MOST = 4_000_000;

/**
 * The shortest way from one list of lines to another: [{kind: "same" | "gone" | "new", text}].
 * It is found by the longest common subsequence.
 */
export function lineDiff(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const a = before.slice(start, before.length - end);
  const b = after.slice(start, after.length - end);
  const all = (kind) => (text) => ({ kind, text });
  const middle = a.length * b.length > MOST ? [...a.map(all("gone")), ...b.map(all("new"))] : aligned(a, b);
  return [...before.slice(0, start).map(all("same")), ...middle, ...before.slice(before.length - end).map(all("same"))];
}

function aligned(a, b) {
  const width = b.length + 1;
  /** How many lines the rests of both, from here on, have in common. */
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const steps = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ kind: "same", text: a[i] });
      [i, j] = [i + 1, j + 1];
    } else if (j === b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      steps.push({ kind: "gone", text: a[i] });
      i += 1;
    } else {
      steps.push({ kind: "new", text: b[j] });
      j += 1;
    }
  }
  return steps;
}

/** The steps with what is the same over more than a few lines left out: {kind: "left", count} stands for it. */
export function folded(steps, around = 2) {
  const isNear = steps.map(() => false);
  steps.forEach((step, index) => {
    if (step.kind === "same") return;
    const last = Math.min(steps.length - 1, index + around);
    for (let near = Math.max(0, index - around); near <= last; near += 1) isNear[near] = true;
  });
  const shown = [];
  steps.forEach((step, index) => {
    if (isNear[index]) shown.push(step);
    else if (shown.at(-1)?.kind === "left") shown.at(-1).count += 1;
    else shown.push({ kind: "left", count: 1 });
  });
  return shown;
}
