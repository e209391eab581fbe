/** What cannot be is refused before anything is drawn, with the reason, and where the file says it. */
import { describe, expect, it, test } from "vitest"
import generate from "../../../../stages/groebner/generate.ts"
import { Generator } from "../../../../stages/groebner/lib/generation/generator.ts"
import { bytesNeeded } from "../../../../stages/groebner/lib/generation/memory.ts"
import { checked, publishedSettings } from "../../../../stages/groebner/lib/generation/settings.ts"
import { systemOf } from "../../../../stages/groebner/lib/generation/system-batch.ts"
import { randomStream } from "../../../../src/stage/random.ts"
import { settings } from "./settings.ts"

const refused = (params: Parameters<typeof generate.decode>[0]): string => {
  const decoded = generate.decode(params)
  return decoded.ok ? "" : decoded.issues.map(({ message, path }) => `${path.join(".")}: ${message}`).join("\n")
}

test.each([
  [{ field: "F9" }, /field: 9 is no prime/],
  [{ field: "F1" }, /field: 1 is no prime/],
  [{ field: "F4294967311" }, /field: 4294967311 is no prime below 2147483648/],
  [{ field: "GF7" }, /field: "GF7" names no field/],
  [{ variables: 0 }, /variables: /],
  [{ n: 0 }, /n: /],
  [{ ideal: { degree: 0 } }, /ideal.degree: /]
])("%o is refused in the file", (params, message) => {
  expect(refused({ n: 1, seed: 0, ...params })).toMatch(message)
})

const published = publishedSettings(4, { kind: "prime", p: 7 })
const six = publishedSettings(6, { kind: "prime", p: 7 })
const large = { ...six, transformation: { ...six.transformation, density: 1, entries: { ...six.transformation.entries, maxTerms: 250, maxDegree: 20 } } }

test("degrees that no entry can have are refused", () => {
  const { entries } = published.transformation
  expect(() => checked({ ...published, transformation: { ...published.transformation, entries: { ...entries, maxDegree: 0 } } }, 2 ** 30)).toThrow(/entries of the matrices cannot have at least degree 1 and at most 0/)
})

describe("memory", () => {
  it("that would not suffice is said before a sample is drawn", () => {
    expect(() => checked(large, 2 ** 30)).toThrow(/A sample of these settings takes about \d+ MiB of memory, and there are 1024 MiB/)
    expect(checked(large, 2 ** 40)).toBe(large)
    expect(checked(published, 2 ** 28)).toBe(published)
  })

  it("is estimated at no less than samples have, and not at a hundred times as much", () => {
    const middle = { ...published, transformation: { ...published.transformation, entries: { ...published.transformation.entries, maxTerms: 40, maxDegree: 6 } } }
    const generator = new Generator(middle)
    const stream = randomStream(1, "groebner/generate", "memory")
    const bytes = Array.from({ length: 4 }, (_, i) => {
      systemOf(generator, i, generator.sample(stream.at(i)))
      return generator.terms.length * 16
    })
    const [least, greatest] = [Math.min(...bytes), Math.max(...bytes)]
    const estimate = bytesNeeded(middle) - bytesNeeded(settings({ variables: 1 }))
    expect(estimate).toBeGreaterThan(greatest)
    expect(estimate).toBeLessThan(100 * least)
  })
})
