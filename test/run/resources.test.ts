import { assert, describe, it } from "vitest"
import { fits, giveBack, shareOf, take, type Resources } from "../../src/run/resources.ts"
import { makeStartQueue } from "../../src/run/start-queue.ts"
import { planned } from "./support.ts"

const whole: Resources = { cpus: 4, gpus: 1, memoryMiB: 1000 }
const cpus = (count: number, gpus = 0): Resources => ({ cpus: count, gpus, memoryMiB: 0 })

describe("resources", () => {
  it("give a task what it asks for, or all there is", () => {
    assert.deepInclude(shareOf(planned({ id: "a-1", uses: "t/a", cpus: 3 }), whole), { cpus: 3, gpus: 0, memoryMiB: 0, warning: undefined })
    const { warning, ...share } = shareOf(planned({ id: "a-1", uses: "t/a", cpus: 9 }), whole)
    assert.deepStrictEqual(share, cpus(4))
    assert.include(warning, "9 cpus, and --jobs is 4")
  })

  it("count by name what there is little of, one of each unless told", () => {
    const task = planned({ id: "a-1", uses: "t/a" })
    const asking = (others: Readonly<Record<string, number>>) => ({ ...task, declaration: { ...task.declaration, resources: { ...task.declaration.resources, others } } })
    const { warning: _, ...licence } = shareOf(asking({ licence: 1 }), whole)
    assert.isTrue(fits(licence, whole))
    assert.isFalse(fits(licence, take(whole, licence)))
    assert.isTrue(fits(licence, giveBack(take(whole, licence), licence)))
    assert.isTrue(fits(cpus(1), take(whole, licence)), "others do not wait for it")
    assert.isTrue(fits(licence, take({ ...whole, others: { licence: 2 } }, licence)))
    assert.include(shareOf(asking({ licence: 3 }), whole).warning, "3 of licence, and there is 1 (--resource licence=3)")
  })

  it("are all there again when everybody has given back", () => {
    const shares = [cpus(1), cpus(2, 1), { cpus: 1, gpus: 0, memoryMiB: 900 }]
    const left = shares.reduce(take, whole)
    assert.isTrue(fits(cpus(0), left))
    assert.isFalse(fits(cpus(1), left))
    assert.deepStrictEqual(shares.reduce(giveBack, left), whole)
  })
})

describe("the queue of tasks to start", () => {
  it("keeps their order where all fit", () => {
    const queue = makeStartQueue<string>()
    // Whenever they come: what is earlier in the plan goes first.
    for (const [item, share, order] of [["b", cpus(2), 1], ["c", cpus(1), 2], ["a", cpus(1), 0]] as const) queue.add(item, share, order)
    assert.deepStrictEqual([1, 2, 3, 4].map(() => queue.next(whole)?.item), ["a", "b", "c", undefined])
    assert.strictEqual(queue.size, 0)
  })

  it("lets others pass one that waits for what they do not need, but not for ever", () => {
    const queue = makeStartQueue<string>()
    queue.add("needs gpu", cpus(1, 1), 0)
    for (let i = 0; i < 100; i++) queue.add(`cpu ${i}`, cpus(1), i + 1)
    const free = cpus(1)
    assert.strictEqual(queue.next(free)?.item, "cpu 0")
    let passed = 1
    while (queue.next(free) !== undefined) passed++
    assert.strictEqual(passed, 32)
    assert.strictEqual(queue.next(cpus(1, 1))?.item, "needs gpu")
    assert.strictEqual(queue.next(free)?.item, "cpu 32")
  })

  it("gives back what was never started, in order", () => {
    const queue = makeStartQueue<string>()
    for (const [order, [item, share]] of ([["a", cpus(1)], ["b", cpus(2)], ["c", cpus(1)], ["d", cpus(2)]] as const).entries()) queue.add(item, share, order)
    queue.next(whole)
    assert.deepStrictEqual(queue.drain(), ["b", "c", "d"])
    assert.strictEqual(queue.size, 0)
  })
})
