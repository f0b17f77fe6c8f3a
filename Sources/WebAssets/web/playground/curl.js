// Calls with curl, for the shells of Unix.
import { print } from "./json.js";
import { shell } from "./literals.js";
import { address, formTexts, isStream } from "./request.js";
import { fileName } from "./sdk.js";

export function curl(request, origin) {
  const { operation } = request;
  const parts = [`curl ${isStream(request) ? "--no-buffer " : ""}${shell(origin + address(request))}`];
  if (operation.method !== "GET") parts[0] = parts[0].replace(/'http/, `--request ${operation.method} 'http`);
  if (!operation.isOpen) parts.push(`--header "Authorization: Bearer $COZE_TOKEN"`);
  for (const [name, value] of Object.entries(request.headers)) parts.push(`--header ${shell(`${name}: ${value}`)}`);
  if (operation.isUpload) {
    const files = request.files.length ? request.files : [{ name: "file" }];
    for (const { name, file } of files) {
      parts.push(`--form ${shell(`${name}=@${formName(file?.name ?? fileName(request))}`)}`);
    }
    for (const [name, text] of formTexts(request)) parts.push(`--form-string ${shell(`${name}=${text}`)}`);
  } else if (request.body !== undefined) {
    parts.push(`--header 'Content-Type: application/json'`, `--data-raw ${shell(print(request.body, 2))}`);
  }
  if (operation.isDownload) parts.push("--output download");
  return { text: parts.join(" \\\n  ") + "\n", usesSDK: false };
}

// In a form's value some marks have a meaning of their own unless it is quoted.
const formName = (name) => (/[;,"\\]/.test(name) ? `"${name.replace(/[\\"]/g, "\\$&")}"` : name);
