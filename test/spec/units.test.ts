import { describe, expect, it } from "vitest"
import { parseDuration, parseMemory } from "../../src/spec/units.ts"

describe("parseDuration", () => {
  it.each([["90s", 90], ["30m", 1800], ["1h30m", 5400], ["2d", 172_800], ["500ms", 0.5], ["1.5 h", 5400], ["10 min", 600], ["", undefined], ["30", undefined], ["3x", undefined], ["m", undefined], ["1h 3", undefined], ["-1s", undefined]])(
    "%s", (text, seconds) => expect(parseDuration(text)).toBe(seconds))
})
describe("parseMemory", () => {
  it.each([["2GiB", 2048], ["512MiB", 512], ["1.5 GiB", 1536], ["1GB", 954], ["1B", 1], ["2", undefined], ["GiB", undefined], ["2 gigs", undefined], ["1toString", undefined]])(
    "%s", (text, mebibytes) => expect(parseMemory(text)).toBe(mebibytes))
})
