import { describe, expect, it } from "vitest"
import { tensor } from "../../../src/tensor/tensor.ts"
import { network, parameters, run, wrongWith } from "./build.ts"

const image = [3, 8, 8]

describe("lists of layers", () => {
  it("name their parameters by place, or as they are told", () => {
    expect(parameters("layers: [{ conv: { channels: 4 } }, relu, flatten, { name: head, linear: { units: 2, bias: false } }]", image))
      .toEqual(["layer1.weight 4x3x3x3", "layer1.bias 4", "head.weight 2x144"])
  })

  it("start where `from` says and keep what `keep` says", () => {
    const skip = network("layers: [{ linear: { units: 2 }, keep: low }, relu, { linear: { units: 5 }, from: low }]", [3])
    expect(skip.parameters.map(({ shape }) => shape)).toEqual([[2, 3], [2], [5, 2], [5]])
  })
})

describe("residual", () => {
  it("adds the input", () => {
    const twice = network("layers: [{ residual: { body: [relu] } }]", [2])
    expect(run(twice, tensor([-1, 2, 3, -4], [2, 2]))["output"]).toEqual([-1, 4, 6, -4])
  })

  it("uses its shortcut where the shape changes only", () => {
    const block = (channels: number) => `
      layers:
        - residual:
            body: [{ name: a, conv: { channels: ${channels}, padding: 1, bias: false } }]
            shortcut: [{ name: b, conv: { channels: ${channels}, kernel: 1, bias: false } }]`
    expect(parameters(block(3), image)).toEqual(["layer1.a.weight 3x3x3x3"])
    expect(parameters(block(4), image)).toEqual(["layer1.a.weight 4x3x3x3", "layer1.shortcut.b.weight 4x3x1x1"])
  })

  it("starts its shortcut from the input, or from what `before` gave", () => {
    const from = (place: string) => network(`layers: [{ residual: { before: [relu], body: [{ mean: { axis: 0 } }], shortcut: [{ pick: { axis: 0 } }], shortcut-from: ${place} } }]`, [2])
    const x = tensor([-1, 3, -5, 7], [2, 2])
    expect(run(from("input"), x)["output"]).toEqual([1.5 - 1, 3.5 - 5])
    expect(run(from("before"), x)["output"]).toEqual([1.5, 3.5])
  })
})

describe("parallel and repeat", () => {
  it("join, add or average branches", () => {
    const branches = (join: string) => network(`layers: [{ parallel: { branches: [[relu], [{ leaky-relu: { slope: 0.5 } }]], join: ${join} } }]`, [1])
    const x = tensor([-2, 2], [2, 1])
    expect(run(branches("concat"), x)["output"]).toEqual([0, -1, 2, 2])
    expect(run(branches("sum"), x)["output"]).toEqual([-1, 4])
    expect(run(branches("mean"), x)["output"]).toEqual([-0.5, 2])
  })

  it("give every round weights of its own, and its number to formulas", () => {
    expect(parameters("layers: [{ name: deep, repeat: { times: 3, layers: [{ name: fc, linear: { units: 2 + $i, bias: false } }] } }]", [2]))
      .toEqual(["deep.1.fc.weight 2x2", "deep.2.fc.weight 3x2", "deep.3.fc.weight 4x3"])
    expect(parameters("layers: [{ repeat: { times: 0, layers: [relu] } }, { name: fc, linear: { units: 1, bias: false } }]", [2])).toEqual(["fc.weight 1x2"])
  })
})

describe("blocks", () => {
  const file = `
    settings: { width: 4, classes: $width * 2 }
    blocks:
      basic:
        settings: { channels: , stride: 1 }
        layers: [{ name: conv, conv: { channels: $channels, stride: $stride, bias: false } }, relu]
      two:
        layers: [{ name: a, use: basic, channels: $width }, { name: b, use: basic, channels: $width * 2, stride: 2 }]
    layers: [{ name: body, use: two }, global-mean, { name: head, linear: { units: $classes, bias: false } }]`

  it("are used with settings, in each other too", () => {
    expect(parameters(file, image)).toEqual(["body.a.conv.weight 4x3x3x3", "body.b.conv.weight 8x4x3x3", "head.weight 8x8"])
  })

  it("see the file's settings and their own, not those of who uses them", () => {
    expect(wrongWith("blocks: { inner: { layers: [{ linear: { units: $n } }] } }\nlayers: [{ repeat: { times: 1, index: n, layers: [{ use: inner }] } }]", [3]))
      .toMatch(/unknown name "\$n"/)
  })
})

describe("what is wrong", () => {
  it.each([
    ["layers: [{ conv: { chanels: 4 } }]", /layers\[0\]\.conv\.chanels: unknown setting of conv "chanels"; did you mean "channels"\?/],
    ["layers: [{ conv: { chanels: 4 } }]", /layers\[0\]\.conv: conv needs `channels`/],
    ["layers: [{ conv: { channels: many } }]", /layers\[0\]\.conv\.channels: expected/],
    ["layers: [{ conv: { channels: 0 } }]", /layers\[0\]\.conv\.channels: expected/],
    ["layers: [{ linaer: { units: 4 } }]", /layers\[0\]: unknown layer "linaer"; did you mean "linear"\?/],
    ["layers: [linear]", /layers\[0\]\.linear: linear needs `units`/],
    ["layers: [{ relu: {}, tanh: {} }]", /not both relu and tanh/],
    ["layers: [7]", /layers\[0\]: expected a layer/],
    ["layers: relu", /layers: expected a list of layers/],
    ["layer: [relu]", /layer: unknown setting of an architecture "layer"; did you mean "layers"\?/],
    ["layers: [{ residual: { bodi: [relu] } }]", /layers\[0\]\.residual\.bodi: unknown setting of residual "bodi"; did you mean "body"\?/],
    ["layers: [{ residual: { body: [{ gelo: {} }] } }]", /layers\[0\]\.residual\.body\[0\]: unknown layer "gelo"; did you mean "gelu"\?/],
    ["layers: [{ residual: { body: [flatten] } }]", /Layer 1 \(residual\) has a body that gives \[192\] and no shortcut, but gets samples of shape \[3, 8, 8\]/],
    ["layers: [{ residual: { body: [{ conv: { channels: 2, kernel: 9 } }] } }]", /Layer 1 \(residual\), body layer 1 \(conv\) has 9 x 9 filters, but gets/],
    ["layers: [{ use: basic }]", /layers\[0\]\.use: unknown block "basic"; there are none/],
    ["blocks: { basic: { settings: { n: }, layers: [relu] } }\nlayers: [{ use: basic }]", /layers\[0\]: the block basic needs `n`/],
    ["blocks: { basic: { settings: { n: 1 }, layers: [relu] } }\nlayers: [{ use: basic, m: 2 }]", /layers\[0\]\.m: unknown setting of the block basic "m"; did you mean "n"\?/],
    ["blocks: { a: { layers: [{ use: a }] } }\nlayers: [{ use: a }]", /the block a uses itself/],
    ["blocks: { a: { layer: [relu] } }\nlayers: [relu]", /blocks\.a\.layer: unknown key of a block "layer"; did you mean "layers"\?/],
    ["layers: [{ name: a, relu: {} }, { name: a, tanh: {} }]", /layers\[1\]: two layers of the list have the name "a"/],
    ["layers: [{ relu: {}, from: x2 }]", /Layer 1 \(relu\) starts from unknown value "x2"; did you mean "x"\?/],
    ["layers: [{ repeat: { times: x, layers: [relu] } }]", /layers\[0\]\.repeat\.times: expected how often/],
    ["normalisation: { mean: [1, 2], deviation: 1 }\nlayers: [relu]", /2 numbers for 3 channels/],
    ["layers: [{ attention: { heads: 5 } }]", /Layer 1 \(attention\) has 5 heads, which do not divide 8 features/],
    ["layers: [{ embedding: { tokens: 4, features: 2 } }]", /Layer 1 \(embedding\) needs token numbers/],
    ["layers: [{ group-norm: { groups: 2 } }]", /Layer 1 \(group-norm\) has 2 groups, which do not divide 3 channels/],
    ["layers: [{ graph-conv: { channels: 2, graph: ntu } }]", /Layer 1 \(graph-conv\) has an unknown graph "ntu"/]
  ])("%s", (yaml, message) => expect(wrongWith(yaml)).toMatch(message))

  it("is said all at once", () => {
    expect(wrongWith("layers: [{ conv: { chanels: 4 } }, soft-max, { linear: { units: $n } }]").split("\n")).toHaveLength(5)
  })

  it("does not grow without end", () => {
    const bombs = Array.from({ length: 20 }, (_, i) => `  b${i}: { layers: [{ name: x, use: b${i + 1} }, { name: y, use: b${i + 1} }] }`).join("\n")
    expect(wrongWith(`blocks:\n${bombs}\n  b20: { layers: [relu] }\nlayers: [{ use: b0 }]`)).toMatch(/more than 20000 layers/)
    expect(wrongWith("layers: [{ repeat: { times: 1000000000, layers: [relu] } }]")).toMatch(/more than 20000 layers/)
    expect(wrongWith("layers: [{ ladder: { width: 1, middle: 1, encoder: 8x99999999, decoder: 8x1, outputs: 1 } }]")).toMatch(/ladder\.encoder: expected/)
  })
})
