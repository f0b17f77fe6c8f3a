// Servers of models, and which addresses are the same one's.

/** Servers that many people have; any other works as well: name, address, whether it asks for a key. */
export const SERVERS = [
  ["Ollama", "http://127.0.0.1:11434/v1", false], ["LM Studio", "http://127.0.0.1:1234/v1", false],
  ["llama.cpp", "http://127.0.0.1:8080/v1", false], ["vLLM", "http://127.0.0.1:8000/v1", false],
  ["OpenAI", "https://api.openai.com/v1", true], ["DeepSeek", "https://api.deepseek.com/v1", true],
  ["Qwen (DashScope)", "https://dashscope.aliyuncs.com/compatible-mode/v1", true],
  ["Volcengine Ark (火山方舟)", "https://ark.cn-beijing.volces.com/api/v3", true],
  ["GLM (智谱)", "https://open.bigmodel.cn/api/paas/v4", true], ["Kimi", "https://api.moonshot.cn/v1", true],
  ["OpenRouter", "https://openrouter.ai/api/v1", true],
];

/** Scheme, host and port of an address: what a key is for. The address itself if it is none. */
export const serverOf = (address) => (URL.canParse(address) ? new URL(address).origin : address);
