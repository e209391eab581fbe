// Every combination of attributes on every backend: combinations.test.ts in full, on any system's shell.
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs")
const { status } = spawnSync(process.execPath, [vitest, "run", "test/tensor/combinations.test.ts"], { stdio: "inherit", env: { ...process.env, REPRISE_LONG: "1" } })
process.exit(status ?? 1)
