import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import { graphDigest } from "../../src/tensor/graph-digest.ts"
import * as o from "../../src/tensor/ops.ts"
import { openSession, sessions } from "../../src/tensor/runtime.ts"
import { SessionCache } from "../../src/tensor/session-cache.ts"
import { tensor, toNumbers } from "../../src/tensor/tensor.ts"

/** x times numbers, plus 1; `before` values are made in the graph first, so that ids differ. */
const affine = (numbers: ReadonlyArray<number>, { before = 0, input = "x", output = "y" } = {}): Record<string, Value> => {
  const graph = new Graph()
  for (let i = 0; i < before; i++) graph.input(`unused${i}`, [])
  return { [output]: o.add(o.mul(graph.input(input, [2]), graph.constant(tensor(numbers, [2]))), 1) }
}

describe("the digest of a graph", () => {
  it("does not depend on what else the graph holds", () => assert.strictEqual(graphDigest(affine([2, 3])), graphDigest(affine([2, 3], { before: 5 }))))

  it("depends on constants, names, attributes, types and shapes", () => {
    const graph = new Graph()
    const x = graph.input("x", [2, 3])
    const built = [
      affine([2, 3]), affine([2, 4]), affine([2, 3], { input: "z" }), affine([2, 3], { output: "z" }),
      { y: o.softmax(x, 0) }, { y: o.softmax(x, 1) }, { y: o.reshape(x, [3, 2]) }, { y: o.cast(x, "float64") }, { y: x }, { y: x, again: x }
    ]
    assert.strictEqual(new Set(built.map(graphDigest)).size, built.length)
  })
})

describe("sessions of equal graphs", () => {
  const open = (numbers: ReadonlyArray<number>) => Effect.scoped(Effect.gen(function*() {
    const session = yield* openSession(affine(numbers))
    const { y } = yield* session.run({ x: tensor([1, 10], [2]) })
    return y === undefined ? [] : [...toNumbers(y)]
  }))

  it.effect("are compiled once, and kept when their scope closes", () => Effect.gen(function*() {
    assert.deepStrictEqual(yield* open([5, 6]), [6, 61])
    const { open: before } = sessions.counts
    assert.deepStrictEqual(yield* open([5, 6]), [6, 61])
    assert.strictEqual(sessions.counts.open, before)
    assert.deepStrictEqual(yield* open([5, 7]), [6, 71]) // other constants, another session
    assert.strictEqual(sessions.counts.open, before + 1)
  }))

  it.effect("are shared while they are open", () => Effect.scoped(Effect.gen(function*() {
    const { idle, open: before } = sessions.counts
    const [one, other] = [yield* openSession(affine([8, 9])), yield* openSession(affine([8, 9]))]
    assert.deepStrictEqual(sessions.counts, { open: before + 1, idle })
    const [first, second] = yield* Effect.all([one.run({ x: tensor([1, 1], [2]) }), other.run({ x: tensor([2, 2], [2]) })], { concurrency: "unbounded" })
    assert.deepStrictEqual([first, second].map(({ y }) => [...(y?.data ?? [])]), [[9, 10], [17, 19]])
  })))
})

describe("a cache of sessions", () => {
  const MiB = 2 ** 20
  const cacheOf = () => {
    const released: Array<string> = []
    const cache = new SessionCache<{ readonly runner: { release(): Promise<void> } }>()
    const use = async (key: string, bytes = 1): Promise<void> => {
      await cache.take(key, bytes, () => Promise.resolve({ runner: { release: () => Promise.resolve(void released.push(key)) } }))
      await cache.giveBack(key)
    }
    return { cache, released, use }
  }

  it("releases those that were used longest ago when there are many", async () => {
    const { cache, released, use } = cacheOf()
    for (const key of ["a", "b", "c", "d", "e", "f", "g", "h", "a", "i"]) await use(key)
    assert.deepStrictEqual(released, ["b"])
    assert.deepStrictEqual(cache.counts, { open: 8, idle: 8 })
  })

  it("releases large ones at once, and others when they hold on to too much together", async () => {
    const { released, use } = cacheOf()
    await use("large", 129 * MiB)
    assert.deepStrictEqual(released, ["large"])
    await use("half", 70 * MiB)
    await use("more", 70 * MiB)
    assert.deepStrictEqual(released, ["large", "half"])
  })

  it("never releases what somebody uses", async () => {
    const { cache, released, use } = cacheOf()
    const open = () => Promise.resolve({ runner: { release: () => Promise.resolve(void released.push("used")) } })
    await cache.take("used", 200 * MiB, open)
    await cache.take("used", 200 * MiB, open)
    for (let i = 0; i < 20; i++) await use(`other ${i}`)
    await cache.giveBack("used")
    assert.notInclude(released, "used")
    await cache.giveBack("used")
    assert.include(released, "used")
  })

  it("forgets what could not be opened", async () => {
    const { cache, use } = cacheOf()
    const failed = await cache.take("a", 1, () => Promise.reject(new Error("no"))).catch((cause: unknown) => cause)
    assert.instanceOf(failed, Error)
    assert.deepStrictEqual(cache.counts, { open: 0, idle: 0 })
    await use("a")
    assert.deepStrictEqual(cache.counts, { open: 1, idle: 1 })
  })
})
