import { assert, describe, it } from "vitest"
import type { TaskOutputs } from "../../src/run/walk.ts"
import { startWalk } from "../../src/run/walk.ts"
import { planOf, type TaskSketch } from "./support.ts"

const made: TaskOutputs = { out: { digest: "d", kind: "artefact", mediaType: "text/plain", bytes: 1 } }
const task = (id: string, ...needs: ReadonlyArray<string>): TaskSketch => ({ id, uses: "t/x", in: needs })
const ids = (tasks: ReadonlyArray<{ readonly id: string }>) => tasks.map(({ id }) => id)

/** Two chains of two, and one that joins them. */
const chains = () => startWalk(planOf(task("a1"), task("b1", "a1"), task("a2"), task("b2", "a2"), task("c", "b1", "b2", "b1")))

describe("a walk over a plan", () => {
  it("gives tasks once their inputs are there, the earliest in the plan first", () => {
    const walk = chains()
    assert.strictEqual(walk.take()?.id, "a1")
    walk.finish("a1", made)
    assert.strictEqual(walk.take()?.id, "b1", "a point of a sweep is completed before the next is begun")
    assert.strictEqual(walk.take()?.id, "a2")
    assert.isUndefined(walk.take())
    walk.finish("a2", made)
    walk.finish("b1", made)
    assert.strictEqual(walk.take()?.id, "b2")
    walk.finish("b2", made)
    assert.strictEqual(walk.take()?.id, "c", "an input that is given twice is waited for once")
    assert.deepStrictEqual(walk.outputs("b2"), made)
    assert.deepStrictEqual(walk.untaken(), [])
  })

  it("gives up what stands behind a failed task, once", () => {
    const walk = chains()
    walk.take()
    walk.take()
    assert.deepStrictEqual(ids(walk.fail("a1")), ["b1", "c"])
    assert.deepStrictEqual(ids(walk.fail("a2")), ["b2"])
    assert.isUndefined(walk.take())
  })

  it("takes a task again whose results were lost, and holds back what has not been taken", () => {
    const walk = chains()
    walk.take()
    walk.finish("a1", made)
    assert.strictEqual(walk.take()?.id, "b1")
    walk.reopen("a1")
    walk.putBack("b1")
    assert.strictEqual(walk.take()?.id, "a1")
    assert.strictEqual(walk.take()?.id, "a2")
    assert.isUndefined(walk.take())
    walk.finish("a1", made)
    assert.strictEqual(walk.take()?.id, "b1")
  })

  it("leaves alone what runs on results that were lost meanwhile", () => {
    const walk = startWalk(planOf(task("a"), task("b", "a"), task("c", "a"), task("d", "b")))
    walk.take()
    walk.finish("a", made)
    assert.strictEqual(walk.take()?.id, "b")
    walk.reopen("a")
    walk.finish("b", made) // it had read its input before
    assert.strictEqual(walk.take()?.id, "a")
    assert.strictEqual(walk.take()?.id, "d")
    assert.isUndefined(walk.take(), "c waits for a")
    walk.finish("a", made)
    assert.strictEqual(walk.take()?.id, "c")
    assert.isUndefined(walk.take(), "b is done and stays done")
  })

  it("comes through a random plan in topological order, each task once", () => {
    let seed = 7
    const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n
    for (let round = 0; round < 20; round++) {
      const tasks = Array.from({ length: 60 }, (_, i) => task(`t${i}`, ...Array.from({ length: i === 0 ? 0 : random(4) }, () => `t${random(i)}`)))
      const walk = startWalk(planOf(...tasks))
      const done = new Set<string>()
      const taken: Array<string> = []
      for (let steps = 0; done.size < 60; steps++) {
        assert.isBelow(steps, 1000)
        const next = random(2) === 0 ? walk.take() : undefined
        if (next !== undefined) {
          for (const source of next.inputs["in"] ?? []) assert.isTrue(done.has(source.task))
          taken.push(next.id)
          continue
        }
        const finished = taken.find((id) => !done.has(id))
        if (finished === undefined) continue
        walk.finish(finished, made)
        done.add(finished)
      }
      assert.strictEqual(new Set(taken).size, 60)
      assert.strictEqual(taken.length, 60)
    }
  })

  it("does not mind a chain of ten thousand", () => {
    const walk = startWalk(planOf(task("t0"), ...Array.from({ length: 9_999 }, (_, i) => task(`t${i + 1}`, `t${i}`))))
    walk.take()
    assert.strictEqual(walk.fail("t0").length, 9_999)
  })
})
