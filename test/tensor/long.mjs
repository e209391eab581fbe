// Every combination of attributes, and second derivatives, on every backend: what the usual tests leave to slow machines. Any system's shell.
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs")
const { status } = spawnSync(process.execPath, [vitest, "run", "test/tensor/combinations.test.ts", "test/tensor/backends/suite.test.ts"], { stdio: "inherit", env: { ...process.env, REPRISE_LONG: "1" } })
process.exit(status ?? 1)
