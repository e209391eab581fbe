/** The architectures that come with Reprise: every file reads, and has as many parameters as its paper or its authors' code says. */
import { describe, expect, it } from "vitest"
import { type Network } from "../../src/tensor/layers/network.ts"
import { type Summary, summarise } from "../../src/tensor/layers/summary.ts"
import { shipped, shippedNames } from "../tensor/layers/shipped.ts"

const known = new Map<string, Summary & { readonly network: Network }>()
const summaryOf = (name: string) => {
  const before = known.get(name)
  if (before !== undefined) return before
  const network = shipped(name)
  const summary = { ...summarise(network), network }
  known.set(name, summary)
  return summary
}

/** Learned numbers and shape of a sample's result. Where a count is published, it says so. */
const published: Readonly<Record<string, readonly [count: number, output: ReadonlyArray<number>]>> = {
  "preact-resnet-18": [11_171_146, [10]],
  "wrn-28-10": [36_489_290, [10]], // 36,479,194 without the biases of its convolutions (Zagoruyko and Komodakis: 36.5 M)
  "vit-ti-16": [5_717_416, [1000]], // timm
  "vit-s-16": [22_050_664, [1000]], // timm
  "st-gcn": [3_098_832, [60]], // the formula of its layers; MMAction2's model index: 3.1 M
  "climax": [108_088_512, [48, 32, 64]], // printed by the authors of VarteX
  "vartex": [59_746_176, [48, 32, 64]], // the same
  "climax-mini": [139_584, [16, 16, 32]], // their closed form
  "vartex-mini": [73_376, [16, 16, 32]],
  "convnet": [1_054_122, [10]],
  "convnet-fashion": [1_054_122, [10]],
  "mnist-conv": [166_406, [10]] // the sum over its four layers
}

describe.each(shippedNames)("configs/models/%s.yaml", (name) => {
  it("is a network whose layers fit each other", () => {
    const { flops, network, parameters } = summaryOf(name)
    expect(flops).toBeGreaterThan(0)
    const told = published[name]
    if (told !== undefined) expect([parameters, network.output]).toEqual(told)
    if (name.endsWith("-mini")) expect(parameters).toBeLessThan(150_000)
  })
})

describe("published sizes", () => {
  const millions = (name: string) => Math.round(summaryOf(name).parameters / 1e6)

  it("of VDVAE are 125 and 115 million, with 75 and 66 latents", () => {
    expect([millions("hvae-imagenet-64"), millions("hvae-ffhq-256")]).toEqual([125, 115])
    expect([summaryOf("hvae-imagenet-64").network.outputs["divergence"], summaryOf("hvae-ffhq-256").network.outputs["divergence"]]).toEqual([[75], [66]])
  })

  it("of VarteX follow its closed form for other numbers of representatives", () => {
    const count = (representatives: number) => summarise(shipped("vartex", { representatives, features: 1024 / representatives })).parameters
    expect([4, 8].map(count)).toEqual([20_579_328, 8_270_976])
  })

  it("of WRN-28-10 are 36,479,194 without biases", () => expect(summarise(shipped("wrn-28-10", { bias: false })).parameters).toBe(36_479_194))
  it("of PreActResNet-18 are 11,172,170 with its last normalisation", () => expect(summarise(shipped("preact-resnet-18", { "final-norm": 1 })).parameters).toBe(11_172_170))
})
