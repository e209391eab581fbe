import { describe, expect, it } from "vitest"
import { resolve, type Variables } from "../../../src/tensor/layers/formula.ts"

const variables: Variables = { width: 64, i: 2, depth: 5, kernel: [9, 1], "drop-path": 0.1 }
const value = (of: unknown) => {
  const problems: Array<string> = []
  return { value: resolve(of, variables, (message, path) => problems.push([...path, message].join(" "))), problems }
}

describe("formulas", () => {
  it.each([
    ["$width", 64],
    ["$width * 2 + 1", 129],
    ["2*($width - 4)/ 3", 40],
    ["-$i + 3", 1],
    ["$drop-path * $i / ($depth - 1)", 0.05],
    ["1e-2 * $i", 0.02],
    ["8 / 2 / 2 + $i", 4],
    ["$kernel", [9, 1]]
  ])("%s", (text, expected) => expect(value(text)).toEqual({ value: expected, problems: [] }))

  it("stand anywhere in the settings; other texts are left alone", () => {
    expect(value({ channels: "$width", stride: ["$i", 1], mode: "nearest", bias: true, none: null }))
      .toEqual({ value: { channels: 64, stride: [2, 1], mode: "nearest", bias: true, none: null }, problems: [] })
  })

  it.each([
    ["$widht", /unknown name "\$widht"; did you mean "\$width"\?/],
    ["$depth-1", /unknown name "\$depth-1"; did you mean "\$depth"\?/],
    ["$width +", /is no formula/],
    ["($width", /closing parenthesis/],
    ["$width 2", /"2" is left over/],
    ["$width ** 2", /is no formula/],
    ["$kernel * 2", /\$kernel, which is no number/],
    ["$width / 0", /is not finite/],
    ["$constructor", /unknown name/],
    ["process.exit($i)", /is not understood/]
  ])("%s is refused", (text, message) => {
    const { problems, value: result } = value({ deep: [text] })
    expect(result).toEqual({ deep: [undefined] })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
    expect(problems[0]).toMatch(/^deep 0 /)
  })
})
