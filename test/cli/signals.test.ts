import { afterEach, assert, describe, it } from "vitest"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { onSignals } from "../../src/cli/signals.ts"

let end: () => void = () => undefined
afterEach(() => end())

/** What a run hears, with a clock by hand. */
const listen = (watched: boolean) => {
  const heard: Array<string> = []
  let now = 0
  const note = (what: string) => () => void heard.push(what)
  end = onSignals({ stopping: note("stopping"), hurry: note("hurry"), pause: note("pause"), resume: note("resume") }, watched, () => now)
  return { heard, at: (ms: number) => (now = ms) }
}
const press = async (signal: NodeJS.Signals) => {
  process.kill(process.pid, signal)
  await sleep(20)
}

describe.skipIf(process.platform === "win32")("signals of the terminal", () => {
  it("Ctrl-C asks to stop, once more to hurry; an echo of the first is none", async () => {
    const { at, heard } = listen(true)
    await press("SIGINT")
    at(100)
    await press("SIGINT")
    assert.deepStrictEqual(heard, ["stopping"])
    at(1000)
    await press("SIGINT")
    assert.deepStrictEqual(heard, ["stopping", "hurry"])
  })

  it("a closed terminal ends what somebody watched, as SIGTERM does, and nothing else", async () => {
    listen(false)
    await press("SIGHUP") // this process is still here
    end()
    listen(true)
    const ended = once(process, "SIGTERM")
    await press("SIGHUP")
    await ended
  })

  it("fg goes on", async () => {
    const { heard } = listen(true)
    await press("SIGCONT")
    assert.deepStrictEqual(heard, ["resume"])
  })
})
