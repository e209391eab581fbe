import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { layerKinds } from "../../../src/tensor/layers/registry.ts"
import { summarise } from "../../../src/tensor/layers/summary.ts"
import { network } from "./build.ts"

const page = readFileSync(new URL("../../../docs/architectures.md", import.meta.url), "utf8")

describe("docs/architectures.md", () => {
  it("lists every kind of layer with its settings", () => {
    const rows = [...layerKinds.values()].map(({ name, settings, summary }) => `| \`${name}\` | ${settings.map((setting) => `\`${setting}\``).join(", ")} | ${summary} |`)
    expect(rows.filter((row) => !page.includes(row))).toEqual([])
  })

  it("begins with an example that works", () => {
    const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ""
    const net = network(example, [3, 16, 16])
    expect(net.output).toEqual([3])
    expect(net.parameters.map(({ name }) => name)).toContain("deep.2.layer1.layer1.conv.weight")
    expect(summarise(net).parameters).toBeGreaterThan(10_000)
  })
})
