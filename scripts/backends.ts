/** Puts the table of what each backend runs into docs/backends.md, for the backends that this machine has. Run with node; takes a minute. */
import { readFileSync, writeFileSync } from "node:fs"
import { coverageTable } from "../test/tensor/backends/coverage.ts"

const page = new URL("../docs/backends.md", import.meta.url)
const table = await coverageTable()
writeFileSync(page, readFileSync(page, "utf8").replace(/(<!-- table -->\n)[^]*(\n<!-- end -->)/, (_, before: string, after: string) => before + table + after))
