import { describe, expect, it } from "vitest"
import { parseIdx } from "../../../stages/data/lib/idx.ts"
import { idxBytes } from "./idx-bytes.ts"

describe("reading IDX", () => {
  it("gives the shape and the values", () => {
    expect(parseIdx(idxBytes([2, 1, 3], [1, 2, 3, 4, 5, 255]))).toEqual({ shape: [2, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) })
  })

  it.each([
    [Uint8Array.of(80, 75, 3, 4), "two zero bytes"],
    [Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0), "type code 13"],
    [Uint8Array.of(0, 0, 8, 3, 0), "ends before"],
    [idxBytes([2, 2], [1, 2, 3]), "announces 2 x 2 values, 4 bytes, but 3 follow"]
  ])("says what is wrong with a file", (bytes, message) => {
    expect(parseIdx(bytes)).toContain(message)
  })
})
