#!/usr/bin/env node
/**
 * Installs what onnxruntime needs to run on an NVIDIA GPU: its CUDA provider, some hundred megabytes that are not in the npm package.
 * onnxruntime-node's own install script fetches it, from NuGet; the set-up had told that script to skip it.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const fail = (message) => {
  console.error(message)
  process.exit(1)
}

const require = createRequire(import.meta.url)
const root = dirname(require.resolve("onnxruntime-node/package.json"))
const installed = () => existsSync(join(root, "bin", "napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so"))
const { requirements } = require("onnxruntime-node/script/install-metadata.js")
const place = `${process.platform}/${process.arch}`
const version = (requirements[place] ?? []).find((name) => name.startsWith("cuda"))

if (version === undefined) {
  const places = Object.keys(requirements).filter((name) => requirements[name].some((one) => one.startsWith("cuda")))
  fail(`onnxruntime-node has no CUDA provider for ${place}, only for ${places.join(", ")}. The webgpu backend runs on any GPU: reprise doctor`)
}
if (!installed()) {
  console.log(`Fetching onnxruntime's CUDA provider (${version}) ...`)
  const run = spawnSync(process.execPath, [join(root, "script", "install.js")], {
    stdio: ["ignore", "inherit", "pipe"],
    encoding: "utf8",
    // "true": a version by its name counts as no wish at all in 1.30, and then the script does nothing in a checkout.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "true" }
  })
  if (run.status !== 0 || !installed()) {
    const said = /^.*Error.*$/m.exec(run.stderr ?? "")?.[0].trim() ?? ""
    fail(`${said}${said === "" ? "" : "\n"}The CUDA provider could not be fetched. It comes from api.nuget.org: is that reachable from here? A proxy is taken from GLOBAL_AGENT_HTTPS_PROXY.`)
  }
}
console.log(`onnxruntime's CUDA provider is installed. It also needs an NVIDIA driver, ${version.replace("cuda", "CUDA ")} and cuDNN 9: reprise doctor tries it.`)
